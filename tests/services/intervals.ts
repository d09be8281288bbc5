/** From now on what is done again and again is done when the test says so. All else takes its own time. */
export function fakeIntervals(): void {
	jest.useFakeTimers({
		doNotFake: [
			"Date",
			"hrtime",
			"nextTick",
			"performance",
			"queueMicrotask",
			"setImmediate",
			"clearImmediate",
			"setTimeout",
			"clearTimeout",
		],
	});
}
