/**
 * The first step after which it was too late: by halving, as `git bisect` finds a commit. Where calm would have saved it
 * after a later step and not after an earlier one, which a race may do, one of the steps is found that turn it.
 * @param steps all that were made, after which it failed
 * @param isDoomedAfter whether it fails though nothing goes wrong any more after so many steps
 * @returns 0 where it fails with nothing going wrong at all
 */
export async function firstDoomedStep(
	steps: number,
	isDoomedAfter: (step: number) => Promise<boolean>,
): Promise<number> {
	if (await isDoomedAfter(0)) return 0;
	let saved = 0;
	let doomed = steps;
	while (doomed - saved > 1) {
		const middle = Math.floor((saved + doomed) / 2);
		if (await isDoomedAfter(middle)) doomed = middle;
		else saved = middle;
	}
	return doomed;
}
