import { computed, shallowRef } from "vue";
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
import { readStored, store } from "./stored";
import { onTabMessage, tellTabs } from "./tabs";

/** The refresh token lives in a cookie that no script can read; this header asks for that. */
const WITH_COOKIE = { headers: { "x-session": "cookie" } };

/** Before it expires, so that a request that takes its time still arrives with a valid token. */
const REFRESH_EARLY_MS = 15_000;

/** Says that a refresh is worth trying; the session itself is in the cookie. */
const SIGNED_IN = "signed-in";

const account = shallowRef<Account>();
let accessToken: string | undefined;
let expiresAtMs = 0;
let restoring: Promise<void> | undefined;

export const user = computed(() => account.value);
export const isAdmin = computed(() => account.value?.role === "ADMIN");

/** Whether this browser was signed in when the page was opened; `user` is there once `restored` is. */
export function mayBeSignedIn(): boolean {
	return account.value !== undefined || readStored(SIGNED_IN) === true;
}

/** Picks up the session of an earlier visit. Never fails: without one, or without the shop, one is a guest. */
export function restored(): Promise<void> {
	restoring ??= mayBeSignedIn() ? refresh().then(() => undefined, forgetIfOver) : Promise.resolve();
	return restoring;
}

export async function signIn(input: LoginUserInput): Promise<void> {
	begin((await send(Login, { input }, WITH_COOKIE)).loginUser);
}

export async function register(input: RegisterUserInput): Promise<void> {
	begin((await send(Register, { input }, WITH_COOKIE)).registerUser);
}

export async function signOut(): Promise<void> {
	try {
		await send(Logout, {}, WITH_COOKIE);
	} finally {
		forget();
		tellTabs({ kind: "signed-out" });
	}
}

/** An access token that is good for the next request; none for a guest. */
export async function freshToken(): Promise<string | undefined> {
	await restored();
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

async function oneAtATime<Result>(work: () => Promise<Result>): Promise<Result> {
	// Without a secure context there is no lock; the shop itself lets one of several refreshes win.
	if (!("locks" in navigator)) return work();
	return navigator.locks.request("molecart-session", work);
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
}

/** A refusal ends the session; a shop that can't be reached only makes it wait. */
export function forgetIfOver(error: unknown): void {
	if (error instanceof ShopError && error.isPassing) restoring = undefined;
	else forget();
}

function forget(): void {
	accessToken = undefined;
	account.value = undefined;
	store(SIGNED_IN, undefined);
}

onTabMessage((message) => {
	if (message.kind === "session") take(message);
	if (message.kind === "signed-out") forget();
});
