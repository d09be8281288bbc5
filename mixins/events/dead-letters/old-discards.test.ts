import { INBOX_MEMORY_DAYS } from "../../inbox/inbox";
import { oldDiscards } from "./old-discards";

test.each([
	[1, INBOX_MEMORY_DAYS + 1, 1],
	[365, 365, 365],
])(
	"with %i days a discarded letter is known as long as its failure, and comes back no more",
	(days, letters, events) => {
		expect(oldDiscards("readers", days).map(({ what, values }) => [what, values])).toEqual([
			["discarded letters", [letters]],
			["discarded events", [events]],
		]);
	},
);
