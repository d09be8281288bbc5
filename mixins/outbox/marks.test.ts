import { marks } from "./marks";

const over = (...partitions: number[]) => {
	const read = marks();
	read.keepOnly(partitions);
	return read;
};

test("a partition that is new is read from its beginning, one that stays from where it was", () => {
	const read = over(1, 2);
	read.raise(1, 50);

	read.keepOnly([1, 3]);

	expect(read.of([1, 3])).toEqual([50, 0]);
});

test("a partition that was away is read from its beginning: others have worked on it", () => {
	const read = over(1);
	read.raise(1, 50);

	read.keepOnly([]);
	read.keepOnly([1]);

	expect(read.of([1])).toEqual([0]);
});

test("of what is to be read again the rest stays as it is, and a read under way raises nothing of it", () => {
	const read = over(1, 2);
	read.raise(1, 50);
	read.raise(2, 60);
	read.begin();

	read.reset([1]);
	read.raise(1, 55);
	read.raise(2, 65);

	expect([...read.all()]).toEqual([
		[1, 0],
		[2, 65],
	]);
});

test("a mark is only raised by more and lowered by less", () => {
	const read = over(1);

	read.raise(1, 50);
	read.raise(1, 40);
	read.lower(1, 60);
	const unmoved = read.of([1]);
	read.lower(1, 50);

	expect(unmoved).toEqual([50]);
	expect(read.of([1])).toEqual([49]);
});

test("what is lowered while a read is under way stays to be read, whatever that read has found behind it", () => {
	const read = over(1);
	read.begin();
	read.lower(1, 30);

	read.raise(1, 50);
	const after = read.of([1]);
	read.begin();
	read.raise(1, 50);

	expect(after).toEqual([29]);
	expect(read.of([1])).toEqual([50]);
});

test("of several that are lowered while a read is under way, all stay to be read", () => {
	const read = over(1);
	read.begin();
	for (const seq of [40, 30, 35]) read.lower(1, seq);

	read.raise(1, 50);

	expect(read.of([1])).toEqual([29]);
});

test("a partition that is not ours gets no mark", () => {
	const read = over(1);

	read.raise(2, 50);
	read.keepOnly([1, 2]);

	expect(read.of([2])).toEqual([0]);
});

test("a reset reads everything anew", () => {
	const read = over(1, 2);
	read.raise(1, 50);
	read.raise(2, 60);

	read.reset();

	expect(read.of([1, 2])).toEqual([0, 0]);
});
