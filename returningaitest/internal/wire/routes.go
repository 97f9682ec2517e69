package wire

import "github.com/returningai/returningai-go/returningaitest/internal/community"

// route is the line of an operation in the table below. To add an operation,
// add a line here and a function that serves it in the file of its service.
type route struct {
	operation  string // the contract's id
	family     Family
	pattern    string // of net/http: a method, and a path after the base path
	permission community.Permission
	serve      func(*Call) Result
}

const (
	noPermission community.Permission = ""
	anonymous    community.Permission = "-" // works without a credential

	bulkImport = "integration.users.bulkImport"
	bulkUpdate = "integration.users.bulkUpdate"

	userPath   = "/communities/{communityId}/users/{userId}"
	fieldsPath = "/communities/{communityId}/user-fields"
)

// operations is the API. The incoming hooks have paths of their own, see
// incomingRoutes.
var operations = []route{
	// Assumed: all of register, verifyEmail and login.
	{"system.auth.secureAuth", CommunityHost, "GET /api/secureAuth", noPermission, secureAuth},
	{"system.auth.register", System, "POST /auth/register", noPermission, register},
	{"system.auth.verifyEmail", System, "POST /auth/verify-email", noPermission, verifyEmail},
	{"system.auth.login", System, "POST /auth/login", noPermission, login},

	// Assumed: all paths, bodies and responses.
	{"system.servers.create", System, "POST /servers", noPermission, createServer},
	{"system.servers.list", System, "GET /servers", noPermission, listServers},
	{"system.servers.update", System, "PUT /servers/{serverId}", noPermission, updateServer},
	{"system.servers.listRoles", System, "GET /servers/{serverId}/roles", noPermission, listRolesOfServer},
	{"system.servers.listChannels", System, "GET /servers/{serverId}/channels", noPermission, listChannelsOfServer},

	// Assumed: the paths and responses of list and delete, and that update
	// returns the channel as create does.
	{"system.channels.list", System, "GET /channels", noPermission, listSystemChannels},
	{"system.channels.create", System, "POST /channels", noPermission, createChannel},
	{"system.channels.update", System, "PUT /channels/{id}", noPermission, updateChannel},
	{"system.channels.delete", System, "DELETE /channels/{id}", noPermission, deleteChannel},

	// Assumed: the paths, bodies and responses of delete, addToUser and
	// removeFromUser.
	{"system.roles.create", System, "POST /roles", noPermission, createRole},
	{"system.roles.update", System, "PUT /roles/{id}", noPermission, updateRole},
	{"system.roles.delete", System, "DELETE /roles/{id}", noPermission, deleteRole},
	{"system.roles.addToUser", System, "POST /roles/{id}/add", noPermission, addRoleToUser},
	{"system.roles.removeFromUser", System, "POST /roles/{id}/remove", noPermission, removeRoleFromUser},
	{"system.roles.listOfUser", System, "GET /roles/{userId}", noPermission, listRolesOfUser},

	// Assumed: the paths and responses of list and delete.
	{"system.badges.list", System, "GET /badges", noPermission, listBadges},
	{"system.badges.create", System, "POST /badges", noPermission, createBadge},
	{"system.badges.update", System, "PUT /badges/{id}", noPermission, updateBadge},
	{"system.badges.delete", System, "DELETE /badges/{id}", noPermission, deleteBadge},
	{"system.badges.award", System, "POST /badges/{id}/award", noPermission, awardBadge},
	{"system.badges.remove", System, "POST /badges/{id}/remove", noPermission, removeBadge},

	// Assumed: list needs no permission. The permission of react is not known.
	{"integration.channels.list", Integration, "GET /channels", noPermission, listIntegrationChannels},
	{"integration.messages.send", Integration, "POST /messages/send", community.PermissionSendMessage, sendMessage},
	{"integration.messages.reply", Integration, "POST /messages/reply", community.PermissionReplyMessage, reply},
	{"integration.messages.react", Integration, "POST /messages/react", noPermission, react},

	{"integration.users.create", Integration, "POST /users", community.PermissionCreateUser, createUser},
	{"integration.users.info", Integration, "POST /users/info", community.PermissionGetUserData, userInfo},
	{"integration.users.filter", Integration, "POST /users/filter", community.PermissionGetUserData, filterUsers},
	{"integration.users.manage", Integration, "POST /users/manage", community.PermissionManageUser, manageUser},

	{"integration.users.gamificationHistory", Integration, "POST /users/activity/daily", community.PermissionGetUserStats, dailyHistory},
	{"integration.users.gamificationHistoryOfUser", Integration, "GET /users/activity/daily", community.PermissionGetUserStats, historyOfUser},
	{"integration.users.gamificationStats", Integration, "POST /users/activity/stats", community.PermissionGetUserStats, activityStats},

	{bulkImport, Integration, "POST /users/bulk-import", anonymous, queueImport},
	{bulkUpdate, Integration, "POST /users/bulk-update", community.PermissionBulkUpdateUser, queueUpdate},

	// Assumed: no operation needs a permission, and 404 for a user or a key that
	// does not exist, or a key of another user.
	{"integration.apiKeys.list", Integration, "GET /users/{userId}/api-keys", noPermission, listUserAPIKeys},
	{"integration.apiKeys.create", Integration, "POST /users/apikeys", noPermission, createUserAPIKey},
	{"integration.apiKeys.update", Integration, "PUT /users/{userId}/api-keys/{apiKeyId}", noPermission, updateUserAPIKey},
	{"integration.apiKeys.delete", Integration, "DELETE /users/{userId}/api-keys/{apiKeyId}", noPermission, deleteUserAPIKey},
	{"integration.apiKeys.info", Integration, "GET /users/{userId}/api-keys/{apiKeyId}", noPermission, userAPIKeyInfo},

	{"application.users.get", Application, "GET /users/{userId}", community.PermissionApplicationMember, getUser},
	{"application.communityUsers.list", Application, "GET /communities/{communityId}/users", noPermission, listCommunityUsers},
	{"application.communityUsers.get", Application, "GET " + userPath, noPermission, getCommunityUser},

	{"application.userFields.list", Application, "GET " + fieldsPath, community.PermissionUserFields, listUserFields},
	{"application.userFields.get", Application, "GET " + fieldsPath + "/{fieldId}", community.PermissionUserFields, getUserField},
	{"application.userFields.create", Application, "POST " + fieldsPath, community.PermissionUserFields, createUserField},
	{"application.userFields.update", Application, "PUT " + fieldsPath + "/{fieldId}", community.PermissionUserFields, updateUserField},
	{"application.userFields.delete", Application, "DELETE " + fieldsPath + "/{fieldId}", community.PermissionUserFields, deleteUserField},

	// That no permission is needed is assumed.
	{"application.fieldHistories.list", Application, "GET /communities/{communityId}/user-field-histories", noPermission, listHistories},
	{"application.fieldHistories.listByField", Application, "GET /communities/{communityId}/user-fields/{fieldId}/histories", noPermission, listHistories},
	{"application.fieldHistories.listByUser", Application, "GET " + userPath + "/user-field-histories", noPermission, listHistories},
	{"application.fieldHistories.listByFieldAndUser", Application, "GET " + userPath + "/user-fields/{fieldId}/histories", noPermission, listHistories},
	{"application.fieldHistories.create", Application, "POST " + userPath + "/user-field-histories", noPermission, createHistory},
}
