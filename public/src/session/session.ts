import { computed, ref, shallowRef } from "vue";
import {
	Login,
	Logout,
	RefreshSession,
	Register,
	type Account,
	type LoginUserInput,
	type RegisterUserInput,
	type Session,
} from "../graphql/documents";
import { ShopError } from "../graphql/shop-error";
import { send } from "../graphql/transport";
import { oneAtATime } from "./one-at-a-time";
import { readStored, store } from "./stored";
import { onTabMessage, tellTabs } from "./tabs";

/** The refresh token lives in a cookie that no script can read; this header asks for that. */
const WITH_COOKIE = { headers: { "x-session": "cookie" } };

/** Before it expires, so that a request that takes its time still arrives with a valid token. */
const REFRESH_EARLY_MS = 15_000;

/** Says that a refresh is worth trying; the session itself is in the cookie. */
const SIGNED_IN = "signed-in";

/** The shop's refusals of a refresh. Whatever else went wrong says nothing about the session. */
const REFUSALS = new Set(["UNAUTHENTICATED", "BAD_USER_INPUT", "FORBIDDEN"]);

const account = shallowRef<Account>();
const wasSignedIn = ref(readStored(SIGNED_IN) === true);
let accessToken: string | undefined;
let expiresAtMs = 0;
let restoring: Promise<void> | undefined;

export const user = computed(() => account.value);
export const isAdmin = computed(() => account.value?.role === "ADMIN");

/** This browser was signed in, and the shop has not said yet whether it still is. */
export const isUnsure = computed(() => account.value === undefined && wasSignedIn.value);

/**
 * Picks up the session of an earlier visit; without one, one is a guest.
 * @throws {ShopError} while the shop can't say: `isUnsure` until it is asked again, and can
 */
export function identified(): Promise<void> {
	restoring ??= isUnsure.value ? refresh().then(() => undefined, forgetOrThrow) : Promise.resolve();
	return restoring;
}

export function signIn(input: LoginUserInput): Promise<void> {
	return oneAtATime(async () => begin((await send(Login, { input }, WITH_COOKIE)).loginUser));
}

export function register(input: RegisterUserInput): Promise<void> {
	return oneAtATime(async () => begin((await send(Register, { input }, WITH_COOKIE)).registerUser));
}

export function signOut(): Promise<void> {
	return oneAtATime(async () => {
		try {
			await send(Logout, {}, WITH_COOKIE);
		} finally {
			forget();
			tellTabs({ kind: "signed-out" });
		}
	});
}

/** An access token that is good for the next request; none for a guest, nor while nobody knows who asks. */
export async function freshToken(): Promise<string | undefined> {
	// What everybody may see is shown meanwhile.
	await identified().catch(() => undefined);
	if (accessToken === undefined || Date.now() < expiresAtMs - REFRESH_EARLY_MS) return accessToken;
	return refresh();
}

/**
 * A new access token instead of `refused`, which the shop did not take. One refresh at a time over all tabs: who waited
 * for another tab's takes what that one got.
 */
export async function refresh(refused = accessToken): Promise<string | undefined> {
	return oneAtATime(async () => {
		if (accessToken !== undefined && accessToken !== refused) return accessToken;
		const session = (await send(RefreshSession, {}, WITH_COOKIE)).refreshSession;
		begin(session);
		return accessToken;
	});
}

function begin(session: Session): void {
	const message = {
		kind: "session",
		accessToken: session.accessToken,
		expiresAtMs: Date.now() + session.expiresIn * 1_000,
		user: session.user,
	} as const;
	take(message);
	store(SIGNED_IN, true);
	restoring = Promise.resolve();
	tellTabs(message);
}

function take(session: { accessToken: string; expiresAtMs: number; user: Account }): void {
	({ accessToken, expiresAtMs } = session);
	account.value = session.user;
	wasSignedIn.value = true;
}

/** A refusal ends the session. @throws anything else: a shop that can't say only makes it wait */
export function forgetOrThrow(error: unknown): undefined {
	if (error instanceof ShopError && REFUSALS.has(error.code)) return forget();
	restoring = undefined;
	throw error;
}

function forget(): undefined {
	accessToken = undefined;
	account.value = undefined;
	wasSignedIn.value = false;
	store(SIGNED_IN, undefined);
}

onTabMessage((message) => {
	if (message.kind === "session") take(message);
	if (message.kind === "signed-out") forget();
});
