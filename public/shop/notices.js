/** What stands where the products would be, in two lines. */
export function notice(what, hint) {
	const box = document.createElement("div");
	box.className = "notice";
	const strong = document.createElement("h2");
	strong.textContent = what;
	const words = document.createElement("p");
	words.textContent = hint;
	box.append(strong, words);
	return box;
}

export function button(label, act) {
	const element = document.createElement("button");
	element.type = "button";
	element.textContent = label;
	element.addEventListener("click", act);
	return element;
}
