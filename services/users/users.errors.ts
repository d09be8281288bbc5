import { Errors } from "moleculer";

export class EmailTakenError extends Errors.MoleculerClientError {
	constructor() {
		super("There is already an account with this e-mail address", 409, "EMAIL_TAKEN");
	}
}

/** Of an account that was to be made at the start. */
export class NoAdminAddressError extends Errors.MoleculerClientError {
	constructor(email: string) {
		super(
			`ADMIN_EMAIL is "${email}", which is no e-mail address, and no account has it: none was made.`,
			422,
			"VALIDATION_ERROR",
			{ email },
		);
	}
}

/** The same for an unknown address and a wrong password. */
export class InvalidCredentialsError extends Errors.MoleculerClientError {
	constructor() {
		super("The e-mail address or the password is wrong", 401, "INVALID_CREDENTIALS");
	}
}

/** Of somebody who is signed in: no address was asked for. */
export class WrongPasswordError extends Errors.MoleculerClientError {
	constructor() {
		super("The current password is wrong", 401, "INVALID_CREDENTIALS");
	}
}

export class InvalidRefreshTokenError extends Errors.MoleculerClientError {
	constructor() {
		super("The session has ended, please sign in again", 401, "UNAUTHENTICATED");
	}
}

/** Neither as an argument nor in a cookie. */
export class NoRefreshTokenError extends Errors.ValidationError {
	constructor() {
		const message = "There is no refresh token, neither as an argument nor in the session's cookie";
		super(message, "VALIDATION_ERROR", [{ field: "refreshToken", message }]);
	}
}

export class SessionNotFoundError extends Errors.MoleculerClientError {
	constructor(id: string) {
		super(`You have no open session ${id}`, 404, "NOT_FOUND", { id });
	}
}

/** Also for somebody else's. */
export class AddressNotFoundError extends Errors.MoleculerClientError {
	constructor(id: string) {
		super(`There is no address ${id} in your address book`, 404, "NOT_FOUND", { id });
	}
}

export class AddressKnownError extends Errors.MoleculerClientError {
	constructor() {
		super("That address is in your address book already", 409, "CONFLICT");
	}
}

export class AddressBookFullError extends Errors.MoleculerClientError {
	constructor(addressesMax: number) {
		super(`Your address book is full: it holds ${addressesMax} addresses`, 409, "CONFLICT", { addressesMax });
	}
}

export class UserNotFoundError extends Errors.MoleculerClientError {
	constructor(id: string) {
		super(`There is no user ${id}`, 404, "NOT_FOUND", { id });
	}
}
