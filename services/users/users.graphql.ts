/** What the users service answers, by the names of its actions. */
export const usersOperations = {
	register: {
		mutation: /* GraphQL */ `
			"Opens an account and signs in. EMAIL_TAKEN where there is one of that address already."
			registerUser("Who." input: RegisterUserInput!): AuthPayload!`,
	},
	login: {
		mutation: /* GraphQL */ `
			"Signs in. INVALID_CREDENTIALS for a wrong password and for an unknown address alike."
			loginUser("Who, and with which guest cart." input: LoginUserInput!): AuthPayload!`,
	},
	refreshSession: {
		mutation: /* GraphQL */ `
			"Exchanges a refresh token for a new pair of tokens, once: using it again ends the session."
			refreshSession("Left out where it is in a cookie." refreshToken: String): AuthPayload!`,
	},
	logout: {
		mutation: /* GraphQL */ `
			"Ends the session that the refresh token belongs to, its access tokens and sockets included."
			logoutUser("Left out where it is in a cookie." refreshToken: String): Boolean!`,
	},
	changePassword: {
		mutation: /* GraphQL */ `
			"Ends every session of the account, this one included."
			changePassword("The old one and the new one." input: ChangePasswordInput!): Boolean!`,
	},
	requestPasswordReset: {
		mutation: /* GraphQL */ `
			"Sends a link to choose a new password. True also where there is no such account: nobody learns that here."
			requestPasswordReset("The account's address." email: String!): Boolean!`,
	},
	resetPassword: {
		mutation: /* GraphQL */ `
			"Chooses a new password with a link that came by mail, and ends every session of the account."
			resetPassword("The secret of the link and the new password." input: ResetPasswordInput!): Boolean!`,
	},
	requestEmailVerification: {
		mutation: /* GraphQL */ `
			"Sends the link that confirms one's own address once more; none where it is confirmed."
			requestEmailVerification: Boolean!`,
	},
	verifyEmail: {
		mutation: /* GraphQL */ `
			"Confirms an address with a link that came by mail."
			verifyEmail("What follows #token= in the link. Good for a week, however often it is opened." token: String!): Boolean!`,
	},
	sessions: {
		query: /* GraphQL */ `
			"One's own open sessions, the one used last first."
			sessions: [Session!]!`,
	},
	endSession: {
		mutation: /* GraphQL */ `
			"Ends one of one's own sessions, on a lost phone, say."
			endSession("As sessions tells it." id: ID!): Boolean!`,
	},
	addresses: {
		query: /* GraphQL */ `
			"One's own address book, the address used last first; 20 at most."
			addresses: SavedAddressList!`,
	},
	saveAddress: {
		mutation: /* GraphQL */ `
			"Adds to one's address book; what is in it already comes to its beginning instead. CONFLICT where it is full."
			saveAddress("Which." input: AddressInput!): SavedAddress!`,
	},
	updateAddress: {
		mutation: /* GraphQL */ `
			"Puts another address in the place of a saved one. What was ordered keeps the old one."
			updateAddress("Which." id: ID!, "The whole of the new one." input: AddressInput!): SavedAddress!`,
	},
	removeAddress: {
		mutation: /* GraphQL */ `
			"Takes an address out of one's address book. What was ordered keeps it."
			removeAddress("Which." id: ID!): Boolean!`,
	},
	get: {
		query: /* GraphQL */ `
			"Oneself; an administrator sees anybody."
			user("Whose account." id: ID!): User`,
	},
	me: {
		query: /* GraphQL */ `
			"Who is signed in, null where nobody is."
			me: User`,
	},
};

/** GraphQL types of the users service. */
export const usersGraphQL = {
	type: /* GraphQL */ `
		"What an account may do."
		enum Role {
			"Buys."
			CUSTOMER
			"Keeps the catalogue, the stock and everybody's orders."
			ADMIN
		}
		"Somebody with an account."
		type User {
			"A UUID."
			id: ID!
			"As it was written when the account was opened."
			email: String!
			"What the person wants to be called."
			name: String!
			"What the account may do."
			role: Role!
			"Whether a mail to that address was answered."
			emailVerified: Boolean!
			"When the account was opened."
			createdAt: DateTime!
		}
		"A fresh session."
		type AuthPayload {
			"For the header Authorization: Bearer …"
			accessToken: String!
			"Exchanged for a new session by refreshSession, once. Empty where it went into a cookie (header X-Session: cookie)."
			refreshToken: String!
			"Seconds until the access token expires."
			expiresIn: Int!
			"Who is signed in."
			user: User!
		}
		"An address in an address book."
		type SavedAddress {
			"A UUID."
			id: ID!
			"Where a parcel would go."
			address: Address!
			"When it was saved last, or for the first time."
			usedAt: DateTime!
		}
		"An address book."
		type SavedAddressList {
			"All of it."
			items: [SavedAddress!]!
			"How many there are."
			totalItems: Int!
		}
		"One sign-in, on one device."
		type Session {
			"A UUID; the same however often it is refreshed."
			id: ID!
			"What the browser or app called itself."
			userAgent: String
			"When somebody signed in."
			openedAt: DateTime!
			"When it was refreshed last."
			usedAt: DateTime!
			"Whether it is the one that asks."
			current: Boolean!
		}
	`,
	input: /* GraphQL */ `
		"A new account."
		input RegisterUserInput {
			"One account for an address, however its letters are written."
			email: String!
			"8 characters at least, 72 bytes at most, and none of the commonest."
			password: String!
			"What the person wants to be called; 200 characters at most."
			name: String!
			"A guest's cart, which becomes the new user's."
			cartId: ID
		}
		"An account and its password."
		input LoginUserInput {
			"The account's address."
			email: String!
			"The account's password."
			password: String!
			"A guest's cart, whose items join the user's own."
			cartId: ID
		}
		"From one password to another."
		input ChangePasswordInput {
			"The one that is to be changed."
			currentPassword: String!
			"As for a new account."
			newPassword: String!
		}
		"A new password in the place of a forgotten one."
		input ResetPasswordInput {
			"What follows #token= in the link. Good for an hour, and once."
			token: String!
			"As for a new account."
			newPassword: String!
		}
	`,
};
