import type { Page } from "playwright-core";

/** Lines of one text may touch each other: letters are higher than their line. Two texts, or a text and a control, may not. */
const TOUCHING_PX = 2;
const TOUCHING_SHARE = 0.4;

/** Texts and controls that lie on each other, each pair by its words; an open dialog covers what is behind it. */
export function overlapsOn(page: Page): Promise<string[]> {
	return page.evaluate<string[]>(`(() => {
		const root = document.querySelector("dialog[open]") ?? document.body;
		// What is there for the ear alone, what a field is drawn around, and what is cut off on purpose.
		const left = ".unseen, .skip, .search, [aria-hidden=true], noscript, style, script, option";
		const isShown = (element) => !element.closest(left) && element.checkVisibility({ visibilityProperty: true });
		const within = (element, rect) => {
			let { left, right, top, bottom } = rect;
			for (let at = element; at && at !== document.body; at = at.parentElement) {
				if (getComputedStyle(at).overflowX === "visible") continue;
				const clip = at.getBoundingClientRect();
				left = Math.max(left, clip.left);
				right = Math.min(right, clip.right);
				top = Math.max(top, clip.top);
				bottom = Math.min(bottom, clip.bottom);
			}
			return { left, right, top, bottom };
		};
		const boxes = [];
		const add = (node, element, words, rects) => {
			for (const rect of rects) {
				const box = { node, element, words, ...within(element, rect) };
				if (box.right - box.left > 1 && box.bottom - box.top > 1) boxes.push(box);
			}
		};
		const texts = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
		const range = document.createRange();
		while (texts.nextNode()) {
			const node = texts.currentNode;
			if (!node.data.trim() || !isShown(node.parentElement)) continue;
			range.selectNodeContents(node);
			add(node, node.parentElement, node.data.trim().slice(0, 40), range.getClientRects());
		}
		for (const control of root.querySelectorAll("button, input, select, textarea")) {
			if (isShown(control)) add(control, control, control.name || control.textContent.trim(), [control.getBoundingClientRect()]);
		}
		const found = new Set();
		boxes.forEach((one, index) => {
			for (const other of boxes.slice(index + 1)) {
				if (one.node === other.node || one.node.contains(other.node) || other.node.contains(one.node)) continue;
				const wide = Math.min(one.right, other.right) - Math.max(one.left, other.left);
				const high = Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top);
				const height = Math.min(one.bottom - one.top, other.bottom - other.top);
				if (wide > ${TOUCHING_PX} && high > height * ${TOUCHING_SHARE})
					found.add("“" + one.words + "” lies on “" + other.words + "”");
			}
		});
		return [...found];
	})()`);
}
