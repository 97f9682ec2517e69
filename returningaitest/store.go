package returningaitest

import (
	"fmt"
	"slices"
	"time"
)

// Purchase is an item of the store that a user bought.
type Purchase struct {
	OrderID     string // such as "ORD1001"
	Username    string // who bought it
	ItemID      string // 24 hex characters
	Item        string // its name
	Price       int
	Quantity    int
	VoucherCode string
	BoughtAt    time.Time
}

// purchaseStore holds the purchases in the order they were made.
type purchaseStore struct {
	all []Purchase
}

// PurchaseItem lets a user buy something, which no operation can and which
// webhooks report. It returns the purchase completed: OrderID, ItemID, Quantity
// (1) and BoughtAt are made up when empty, Username is the user's. The user's
// Coins stay what they are. It panics when Item is empty, when there is no such
// user, or they are deleted or have not joined.
func (s *Server) PurchaseItem(usernameOrEmail string, purchase Purchase) Purchase {
	now := s.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	if purchase.Item == "" {
		panic("returningaitest: PurchaseItem: Item is empty")
	}
	user := s.mustMember("PurchaseItem", usernameOrEmail)
	purchases := &s.state.store
	purchase.Username = user.Username
	if purchase.OrderID == "" {
		purchase.OrderID = fmt.Sprintf("ORD%d", 1001+len(purchases.all))
	}
	if purchase.ItemID == "" {
		purchase.ItemID = s.newID()
	}
	if purchase.Quantity == 0 {
		purchase.Quantity = 1
	}
	if purchase.BoughtAt.IsZero() {
		purchase.BoughtAt = now
	}
	purchases.all = append(purchases.all, purchase)
	s.emitPurchase(purchase, user)
	return purchase
}

// Purchases returns a copy of the purchases, oldest first.
func (s *Server) Purchases() []Purchase {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.state.store.all)
}

func (s *Server) emitPurchase(purchase Purchase, buyer *User) {
	members := map[string]any{"orderId": purchase.OrderID}
	if purchase.VoucherCode != "" {
		members["voucherCode"] = purchase.VoucherCode
	}
	s.emit(occurrence{
		event: EventItemPurchased, at: purchase.BoughtAt, members: members,
		parts: []bodyPart{
			userPart("buyer", buyer),
			{name: "item", idName: "productId", members: map[string]any{
				"_id": purchase.ItemID, "name": purchase.Item, "price": purchase.Price, "quantity": purchase.Quantity,
			}},
		},
	})
}
