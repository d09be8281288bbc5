import { send } from "./graphql.js";

const form = document.querySelector(".desk-sheet");
const query = form.querySelector("textarea");
const run = form.querySelector("[type=submit]");
const answer = form.querySelector("pre");
const copied = form.querySelector(".copied");

form.addEventListener("submit", async (event) => {
	event.preventDefault();
	run.disabled = true;
	try {
		show(JSON.stringify(await send(query.value), null, 2));
	} catch (error) {
		show(error.message);
	} finally {
		run.disabled = false;
	}
});

query.addEventListener("keydown", (event) => {
	if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
});

form.addEventListener("click", async ({ target }) => {
	if (!target.dataset.copy) return;
	const text = target.dataset.copy === "curl" ? asCurl(query.value) : query.value;
	try {
		await navigator.clipboard.writeText(text);
		copied.textContent = "Copied";
	} catch {
		// Browsers give pages the clipboard on https and localhost only: elsewhere a person has to press the keys.
		show(text);
		getSelection().selectAllChildren(answer);
		copied.textContent = "Selected below, ready to copy";
	}
});

function show(text) {
	answer.textContent = text;
	answer.hidden = false;
}

function asCurl(text) {
	const body = JSON.stringify({ query: text }).replaceAll("'", String.raw`'\''`);
	return `curl ${location.origin}/graphql -H 'content-type: application/json' -d '${body}'`;
}
