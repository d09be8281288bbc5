import { Errors } from "moleculer";

/** There is no such saga, or it has ended so long ago that it was cleared away. */
export class SagaNotFoundError extends Errors.MoleculerClientError {
	constructor(sagaId: string) {
		super(`There is no saga ${sagaId}`, 404, "SAGA_NOT_FOUND", { sagaId });
	}
}

/** It goes by itself, or has ended; perhaps another operator was first. */
export class SagaNotWaitingError extends Errors.MoleculerClientError {
	constructor(sagaId: string, status: string) {
		super(`The saga ${sagaId} is ${status} and does not wait for an operator`, 409, "SAGA_NOT_WAITING", {
			sagaId,
			status,
		});
	}
}

/** The operator means a step that the saga does not stand at any more. */
export class SagaMovedOnError extends Errors.MoleculerClientError {
	constructor(sagaId: string, meant: string, step: string) {
		super(`The saga ${sagaId} does not wait at "${meant}" but at "${step}"`, 409, "SAGA_MOVED_ON", { sagaId, step });
	}
}

/** What is asked for would break the promise that a saga ends done or undone. */
export class ActRefusedError extends Errors.MoleculerClientError {
	constructor(sagaId: string, why: string) {
		super(`The saga ${sagaId} ${why}`, 409, "SAGA_ACT_REFUSED", { sagaId });
	}
}
