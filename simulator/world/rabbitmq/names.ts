const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/** As long as RabbitMQ's own. */
const LENGTH = 22;

/** A name that nobody else has. */
export function generatedName(prefix: string, { random }: { random(): number }): string {
	let name = prefix;
	for (let at = 0; at < LENGTH; at++) name += LETTERS[Math.floor(random() * LETTERS.length)];
	return name;
}
