import net from "node:net";
import { SettingsError } from "./environment";

/** Why an address could not be listened on, as a sentence that names its variable. */
export function addressProblem(
	variable: string,
	error: NodeJS.ErrnoException & { address?: string; port?: number; hostname?: string },
): Error {
	const { address = "", port = "" } = error;
	const where = `${net.isIPv6(address) ? `[${address}]` : address}:${port}`;
	switch (error.code) {
		case "EADDRINUSE":
			return new SettingsError(variable, `can't be used: another program listens on ${where}`);
		case "EACCES":
			return new SettingsError(variable, `can't be used: this user may not listen on ${where}`);
		case "EADDRNOTAVAIL":
			return new SettingsError(variable, `can't be used: this machine has no address ${where}`);
		case "ENOTFOUND":
		case "EAI_AGAIN":
			return new SettingsError("HOST", `is "${error.hostname}", which is no name that this machine knows`);
		default:
			return error;
	}
}

/** Asked before anything is started, so that a taken port costs nobody a half-started shop. @throws {SettingsError} */
export function refuseTakenAddress(variable: string, host: string, port: number): Promise<void> {
	return new Promise((resolve, reject) => {
		const probe = net.createServer();
		probe.once("error", (error) => reject(addressProblem(variable, error)));
		probe.listen(port, host, () => probe.close(() => resolve()));
	});
}
