import { POOL_SIZE_MAX, type DatabaseAddress } from "../mixins/database/pools";
import type { DatabaseRole } from "../services/resources";
import type { NodeDatabase } from "./databases";
import { roleLogin } from "./role-login";

/**
 * What each opens where all are in one process, 28 in all: PostgreSQL has room for 100, so three such nodes fit, with
 * what each opens beside its pools, and without those for events, which are needed only where one node is alone. Two of
 * each pool are left for reading and for leases, so of four two may change something. Cart has the shoppers in front of it and three
 * queues, orders the sagas.
 */
const SHARES: Record<DatabaseRole, number> = {
	users: 4,
	products: 5,
	cart: 6,
	orders: 6,
	payments: 4,
	events: 3,
	// Brings its own.
	sandbox_provider: 0,
};
/** Of one service, however much room there is: so a dozen nodes of one service each fit as well. */
const ONE_MAX = Math.max(...Object.values(SHARES));
const ALL = Object.values(SHARES).reduce((sum, share) => sum + share, 0);

const shareOf = (roles: readonly DatabaseRole[]): number => roles.reduce((sum, role) => sum + SHARES[role], 0);

/** As whom and where one works, or several who share a login. */
export interface Door {
	/** Names the database. */
	variable: string;
	roles: DatabaseRole[];
	address: DatabaseAddress;
}

/** How the parts of a node get at their tables. */
export interface Access {
	of(role: DatabaseRole): DatabaseAddress;
	/** Each pool that the process shares. */
	pools: readonly Door[];
}

/** @param asThemselves those who work as PostgreSQL roles of their own; the others work as the URL's user */
export function doorsOf({ variable, url, roles }: NodeDatabase, asThemselves: readonly DatabaseRole[]): Door[] {
	const others = roles.filter((role) => !asThemselves.includes(role));
	const logins = [
		...asThemselves.map((role) => ({ roles: [role], url: roleLogin(url, role).url })),
		...(others.length > 0 ? [{ roles: others, url }] : []),
	];
	const here = shareOf(roles);
	return logins.map((login) => {
		const connections = Math.floor((ALL * shareOf(login.roles)) / here);
		const atWork = login.roles.filter((role) => SHARES[role] > 0).length;
		const address = { url: login.url, connectionsMax: Math.min(POOL_SIZE_MAX, ONE_MAX * atWork, connections) };
		return { variable, roles: login.roles, address };
	});
}

export function accessBy(doors: readonly Door[]): Access {
	return {
		pools: doors.filter(({ roles }) => shareOf(roles) > 0),
		of(role) {
			const door = doors.find(({ roles }) => roles.includes(role));
			if (!door) throw new Error(`This node has no way to the schema of ${role}`);
			return door.address;
		},
	};
}
