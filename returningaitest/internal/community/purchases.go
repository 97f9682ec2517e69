package community

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// Purchase is an item of the store that a user bought.
type Purchase struct {
	OrderID     string    `json:"orderId,omitzero"`  // such as "ORD1001"
	Username    string    `json:"username,omitzero"` // of the buyer
	ItemID      string    `json:"itemId,omitzero"`   // 24 hex digits
	Item        string    `json:"item"`              // its name
	Price       int       `json:"price,omitzero"`
	Quantity    int       `json:"quantity,omitzero"`
	VoucherCode string    `json:"voucherCode,omitzero"`
	BoughtAt    time.Time `json:"boughtAt,omitzero"`
}

// PurchaseItem lets an active user buy something. The user's coins stay as
// they are.
func (c *Community) PurchaseItem(usernameOrEmail string, purchase Purchase) (Purchase, error) {
	if purchase.Item == "" {
		return Purchase{}, problem(Invalid, "Item is empty")
	}
	user, err := c.activeNamed(usernameOrEmail)
	if err != nil {
		return Purchase{}, err
	}
	purchase.Username = user.Username
	purchase.OrderID = cmp.Or(purchase.OrderID, fmt.Sprintf("ORD%d", 1001+len(c.purchases)))
	if purchase.ItemID == "" {
		purchase.ItemID = c.NewID()
	}
	purchase.Quantity = cmp.Or(purchase.Quantity, 1)
	if purchase.BoughtAt.IsZero() {
		purchase.BoughtAt = c.Now()
	}
	c.purchases = append(c.purchases, purchase)
	c.report(Event{Name: EventItemPurchased, At: purchase.BoughtAt, User: user, Purchase: &purchase})
	return purchase, nil
}

// Purchases returns a copy of the purchases, oldest first.
func (c *Community) Purchases() []Purchase { return slices.Clone(c.purchases) }
