import { dashed, hashOf, randomOf } from "../../simulator/world/random";

const drawn = (seed: number): number[] => {
	const random = randomOf(seed);
	return Array.from({ length: 50 }, random.next);
};

test("the same seed draws the same numbers, another one others", () => {
	expect(drawn(7)).toEqual(drawn(7));
	expect(drawn(7)).not.toEqual(drawn(8));
});

test("numbers are drawn from the whole of their range and from nothing else", () => {
	const random = randomOf(1);

	const below = new Set(Array.from({ length: 300 }, () => random.below(5)));
	const between = new Set(Array.from({ length: 300 }, () => random.between(2, 4)));
	const fractions = Array.from({ length: 300 }, random.next);

	expect(below).toEqual(new Set([0, 1, 2, 3, 4]));
	expect(between).toEqual(new Set([2, 3, 4]));
	expect(fractions.every((each) => each >= 0 && each < 1)).toBe(true);
});

test("what has no chance never happens, and what is certain always does", () => {
	const random = randomOf(3);

	expect(Array.from({ length: 100 }, () => random.chance(0)).some(Boolean)).toBe(false);
	expect(Array.from({ length: 100 }, () => random.chance(1)).every(Boolean)).toBe(true);
});

test("what is drawn from a fork changes nothing in the stream that it comes from", () => {
	const one = randomOf(5);
	const other = randomOf(5);

	const fork = one.fork("network");
	for (let draws = 0; draws < 10; draws++) fork.next();

	expect(one.next()).toBe(other.next());
	expect(one.fork("network").next()).toBe(other.fork("network").next());
	expect(one.fork("network").next()).not.toBe(one.fork("schedule").next());
});

test("a text's hash is FNV-1a's", () => {
	// From the authors' test vectors.
	expect(hashOf("")).toBe(0x811c9dc5);
	expect(hashOf("a")).toBe(0xe40c292c);
	expect(hashOf("foobar")).toBe(0xbf9cf968);
});

test("sixteen bytes are written as a UUID", () => {
	expect(dashed(Buffer.from("00112233445566778899aabbccddeeff", "hex"))).toBe("00112233-4455-6677-8899-aabbccddeeff");
});
