/**
 * How far each partition was read. What was removed stays in the way of every scan as long as some transaction in the
 * database is older than the removal; so a scan begins behind what was read, not at the table's beginning (measured in
 * benchmarks/RESULTS.md). What commits late, with a lower number, is found by the number that its wake-up carries, by the
 * event that follows it in its aggregate, or by a scan of everything now and then.
 */
export interface Marks {
	/** Partitions that are new here begin at 0; those that are not ours any more are forgotten. */
	keepOnly(partitions: readonly number[]): void;
	/** Numbers up to this one were read, one for each of these partitions. */
	of(partitions: readonly number[]): number[];
	/** A read begins: what is lowered from here on, its answer may not have. */
	begin(): void;
	/** Of all partitions that are kept. */
	all(): ReadonlyMap<number, number>;
	/** Everything up to here was read, but for what was lowered since that read began. */
	raise(partition: number, seq: number): void;
	/** This one is still to be read. */
	lower(partition: number, seq: number): void;
	/** Everything there is still to be read, whatever a read under way may find. */
	reset(partitions?: Iterable<number>): void;
}

export function marks(): Marks {
	const read = new Map<number, number>();
	const lowered = new Map<number, number>();
	return {
		keepOnly(partitions) {
			const ours = new Set(partitions);
			for (const partition of read.keys()) if (!ours.has(partition)) read.delete(partition);
			for (const partition of ours) if (!read.has(partition)) read.set(partition, 0);
		},
		of: (partitions) => partitions.map((partition) => read.get(partition) ?? 0),
		all: () => read,
		begin: () => lowered.clear(),
		raise(partition, seq) {
			const upTo = Math.min(seq, (lowered.get(partition) ?? Infinity) - 1);
			if (upTo > (read.get(partition) ?? upTo)) read.set(partition, upTo);
		},
		lower(partition, seq) {
			lowered.set(partition, Math.min(seq, lowered.get(partition) ?? seq));
			if (seq <= (read.get(partition) ?? 0)) read.set(partition, seq - 1);
		},
		reset(partitions = read.keys()) {
			for (const partition of partitions) {
				read.set(partition, 0);
				lowered.set(partition, 0);
			}
		},
	};
}
