import { Errors } from "moleculer";

export class EmailTakenError extends Errors.MoleculerClientError {
	constructor() {
		super("There is already an account with this e-mail address", 409, "EMAIL_TAKEN");
	}
}

/** The same for an unknown address and a wrong password. */
export class InvalidCredentialsError extends Errors.MoleculerClientError {
	constructor() {
		super("The e-mail address or the password is wrong", 401, "INVALID_CREDENTIALS");
	}
}

export class InvalidRefreshTokenError extends Errors.MoleculerClientError {
	constructor() {
		super("The session has ended, please sign in again", 401, "UNAUTHENTICATED");
	}
}

export class UserNotFoundError extends Errors.MoleculerClientError {
	constructor(id: string) {
		super(`There is no user ${id}`, 404, "NOT_FOUND", { id });
	}
}
