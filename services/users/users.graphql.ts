/** GraphQL types of the users service. */
export const usersGraphQL = {
	type: /* GraphQL */ `
		enum Role {
			CUSTOMER
			ADMIN
		}
		"Somebody with an account."
		type User {
			id: ID!
			email: String!
			name: String!
			role: Role!
			createdAt: DateTime!
		}
		"A fresh session."
		type AuthPayload {
			"For the header Authorization: Bearer …"
			accessToken: String!
			"Exchanged for a new session by refreshSession, once."
			refreshToken: String!
			"Seconds until the access token expires."
			expiresIn: Int!
			user: User!
		}
	`,
	input: /* GraphQL */ `
		input RegisterUserInput {
			email: String!
			"8 characters at least, 72 bytes at most."
			password: String!
			name: String!
			"A guest's cart, which becomes the new user's."
			cartId: ID
		}
		input LoginUserInput {
			email: String!
			password: String!
			"A guest's cart, whose items join the user's own."
			cartId: ID
		}
		input ChangePasswordInput {
			currentPassword: String!
			newPassword: String!
		}
	`,
};
