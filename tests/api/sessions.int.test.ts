import { createClient } from "graphql-ws";
import { WebSocket } from "ws";
import type { WithDatabase } from "../../mixins/database/database.mixin";
import { clearAway } from "../../mixins/retention/clear-away";
import { oldSessions } from "../../services/users/sessions";
import { openShop, type Shop } from "../support/shop";
import type { Account } from "../support/shop-types";
import { until } from "../support/until";

const REFRESH = `mutation ($token: String) { refreshSession(refreshToken: $token) {
	accessToken refreshToken user { id email name }
} }`;
const LOGOUT = "mutation ($token: String) { logoutUser(refreshToken: $token) }";
const CHANGE = "mutation ($input: ChangePasswordInput!) { changePassword(input: $input) }";

interface Refreshed {
	accessToken: string;
	refreshToken: string;
}

describe("sessions", () => {
	let shop: Shop;

	beforeAll(async () => {
		shop = await openShop({ events: "postgres" });
	});
	afterAll(async () => shop[Symbol.asyncDispose]());

	const refresh = (token: string) => shop.door.graphql<Refreshed>(REFRESH, { token });
	const me = (as: Account) => shop.door.graphql<{ id: string } | null>("{ me { id } }", {}, as);
	const backdate = (sql: string, values: unknown[]) => shop.database.query(sql, values);

	/** A socket that is signed in, and the code that it is closed with. */
	function socketOf(account: Account) {
		const socket: { code?: number; reason?: string; ready: boolean; dispose: () => void } = {
			ready: false,
			dispose: () => undefined,
		};
		const client = createClient({
			url: `${shop.node().url!.replace("http", "ws")}/graphql`,
			webSocketImpl: WebSocket,
			retryAttempts: 0,
			lazy: false,
			connectionParams: { authorization: `Bearer ${account.token}` },
			onNonLazyError: () => undefined,
			on: {
				connected: () => (socket.ready = true),
				closed: (event) => {
					const { code, reason } = event as { code: number; reason: string };
					Object.assign(socket, { code, reason });
				},
			},
		});
		socket.dispose = () => void client.dispose();
		return socket;
	}

	test("a refresh token is exchanged once, and using it again ends the session with all that belongs to it", async () => {
		const ada = await shop.given.customer();
		const next = await refresh(ada.refreshToken);
		await backdate(
			`UPDATE users.refresh_tokens SET replaced_at = now() - interval '2 seconds'
			WHERE user_id = $1 AND replaced_at IS NOT NULL`,
			[ada.id],
		);

		await expect(refresh(ada.refreshToken)).rejects.toMatchObject({ code: "UNAUTHENTICATED" });

		await expect(refresh(next.refreshToken)).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
		await expect(me(ada)).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
		await expect(me({ ...ada, token: next.accessToken })).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
	});

	test("within a second of an exchange the old token is refused and does no harm", async () => {
		const ada = await shop.given.customer();
		const next = await refresh(ada.refreshToken);
		// However slow this machine is.
		await backdate(
			`UPDATE users.refresh_tokens SET replaced_at = now() + interval '1 hour'
			WHERE user_id = $1 AND replaced_at IS NOT NULL`,
			[ada.id],
		);

		await expect(refresh(ada.refreshToken)).rejects.toMatchObject({ code: "UNAUTHENTICATED" });

		expect((await refresh(next.refreshToken)).refreshToken).toMatch(/^[\w-]{43}$/);
	});

	test("a refresh token that has expired is refused", async () => {
		const ada = await shop.given.customer();
		await backdate("UPDATE users.refresh_tokens SET expires_at = now() WHERE user_id = $1", [ada.id]);

		await expect(refresh(ada.refreshToken)).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
	});

	test("a refresh token is no access token, and an access token no refresh token", async () => {
		const ada = await shop.given.customer();

		await expect(me({ ...ada, token: ada.refreshToken })).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
		await expect(refresh(ada.token.slice(0, 200))).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
	});

	test("refresh tokens are kept as hashes alone", async () => {
		const ada = await shop.given.customer();

		const { rows } = await shop.database.query<{ row: string }>(
			"SELECT t::text AS row FROM users.refresh_tokens t WHERE user_id = $1",
			[ada.id],
		);

		expect(rows).toHaveLength(1);
		expect(rows[0]!.row).not.toContain(ada.refreshToken);
	});

	test("logging out ends this session and its socket, and no other of the same user", async () => {
		const here = await shop.given.customer();
		const there = await shop.when.signsIn(here);
		const [socketHere, socketThere] = [socketOf(here), socketOf(there)];
		await until(() => socketHere.ready && socketThere.ready, { what: "both sockets to be open" });

		await shop.door.graphql(LOGOUT, { token: here.refreshToken });

		await until(() => socketHere.code !== undefined, { what: "the socket to be closed" });
		expect(socketHere).toMatchObject({ code: 4403, reason: "Session ended" });
		await expect(me(here)).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
		await expect(refresh(here.refreshToken)).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
		expect(await me(there)).toEqual({ id: here.id });
		expect(socketThere.code).toBeUndefined();
		socketThere.dispose();
	});

	test("a changed password ends every session and socket of the user", async () => {
		const here = await shop.given.customer();
		const there = await shop.when.signsIn(here);
		const sockets = [socketOf(here), socketOf(there)];
		await until(() => sockets.every(({ ready }) => ready), { what: "both sockets to be open" });
		const input = { currentPassword: here.password, newPassword: "another horse battery" };

		await shop.door.graphql(CHANGE, { input }, here);

		await until(() => sockets.every(({ code }) => code === 4403), { what: "both sockets to be closed" });
		for (const each of [here, there]) {
			await expect(me(each)).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
			await expect(refresh(each.refreshToken)).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
		}
		await expect(shop.when.signsIn(here)).rejects.toMatchObject({ code: "INVALID_CREDENTIALS" });
		expect((await shop.when.signsIn({ ...here, password: input.newPassword })).id).toBe(here.id);
	});

	test("a refresh that races the change of the password leaves no session behind", async () => {
		const ada = await shop.given.customer();
		const input = { currentPassword: ada.password, newPassword: "another horse battery" };

		const [refreshed] = await Promise.allSettled([
			refresh(ada.refreshToken),
			shop.door.graphql(CHANGE, { input }, ada),
		]);

		const successor = refreshed.status === "fulfilled" ? refreshed.value.refreshToken : ada.refreshToken;
		await expect(refresh(successor)).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
		const { rows } = await shop.database.query(
			"SELECT 1 FROM users.refresh_tokens WHERE user_id = $1 AND replaced_at IS NULL AND revoked_at IS NULL",
			[ada.id],
		);
		expect(rows).toEqual([]);
	});

	test("a user sees their open sessions, and ends one of them", async () => {
		const here = await shop.given.customer();
		const there = await shop.when.signsIn(here);
		const eve = await shop.given.customer();
		const list = (as: Account) =>
			shop.door.graphql<{ id: string; current: boolean }[]>("{ sessions { id current openedAt usedAt } }", {}, as);
		const end = (id: string, as: Account) =>
			shop.door.graphql("mutation ($id: ID!) { endSession(id: $id) }", { id }, as);
		const other = (await list(here)).find(({ current }) => !current)!;

		await expect(end(other.id, eve)).rejects.toMatchObject({ code: "NOT_FOUND" });
		expect(await end(other.id, here)).toBe(true);

		expect(await list(here)).toEqual([expect.objectContaining({ current: true })]);
		await expect(me(there)).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
		await expect(end(other.id, here)).rejects.toMatchObject({ code: "NOT_FOUND" });
	});

	test("what has expired is cleared away, but for what tells since when a session goes on", async () => {
		const ada = await shop.given.customer();
		const over = await shop.when.signsIn(ada);
		const { refreshToken } = await refresh(ada.refreshToken);
		await refresh(refreshToken);
		await backdate(
			`UPDATE users.refresh_tokens SET expires_at = now() - interval '25 hours', created_at = created_at - interval '31 days'
			WHERE user_id = $1 AND (replaced_at IS NOT NULL OR token_hash = sha256($2))`,
			[ada.id, over.refreshToken],
		);
		const list = () =>
			shop.door.graphql<{ openedAt: string; usedAt: string }[]>("{ sessions { openedAt usedAt } }", {}, ada);
		const before = await list();
		const { db } = shop.node().broker.getLocalService("users") as unknown as WithDatabase;

		await clearAway(db, { ...oldSessions, batchMax: 1 });

		expect(await list()).toEqual(before);
		const { rows } = await shop.database.query<{ left: number }>(
			"SELECT count(*)::int AS left FROM users.refresh_tokens WHERE user_id = $1",
			[ada.id],
		);
		expect(rows).toEqual([{ left: 2 }]);
	});

	test("a gateway that did not hear of it, or started later, asks", async () => {
		const ada = await shop.given.customer();
		await backdate("UPDATE users.refresh_tokens SET revoked_at = now() WHERE user_id = $1", [ada.id]);

		await until(
			() =>
				me(ada).then(
					() => false,
					() => true,
				),
			{ what: "the token to be refused" },
		);

		await expect(me(ada)).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
	});
});
