/** From here on a shopper who waits may find it gone. */
const LOW_STOCK = 3;

/** As many pictures as a large screen shows at once; the rest load when they come near. */
const FIRST_PICTURES = 10;

const template = document.querySelector("#card");
const formats = new Map();

/** One product as it stands in the list. It can take the focus from a script, for whoever asked for more. */
export function cardOf(product, position) {
	const card = template.content.firstElementChild.cloneNode(true);
	card.dataset.id = product.id;
	card.tabIndex = -1;
	if (product.imageUrl) card.querySelector(".picture").append(pictureOf(product, position));
	card.querySelector("h2").textContent = product.name;
	card.querySelector(".price").textContent = priceOf(product.price);
	card.querySelector(".description").textContent = product.description;
	const { label, level } = stockOf(product.availableQuantity);
	card.querySelector(".stock").textContent = label;
	if (level) card.classList.add(level);
	return card;
}

/** Cards of the usual size with nothing on them yet, which a screen reader skips. */
export function ghosts(number) {
	return Array.from({ length: number }, () => {
		const card = template.content.firstElementChild.cloneNode(true);
		card.classList.add("ghost");
		card.ariaHidden = "true";
		card.querySelectorAll("h2, .price").forEach((line) => (line.textContent = "\u00a0"));
		return card;
	});
}

/** The name stands beside it, so the picture has nothing to add for who can't see it. */
function pictureOf({ imageUrl }, position) {
	const image = new Image();
	image.alt = "";
	image.decoding = "async";
	image.loading = position < FIRST_PICTURES ? "eager" : "lazy";
	image.addEventListener("error", () => image.remove());
	image.src = imageUrl;
	return image;
}

function stockOf(available) {
	if (available <= 0) return { label: "Sold out", level: "sold-out" };
	if (available <= LOW_STOCK) return { label: `Only ${available} left`, level: "low" };
	return { label: "In stock" };
}

/** The shop counts in minor units: how many make one is the currency's own affair (100 cents, 1 yen, 1000 fils). */
function priceOf({ amount, currency }) {
	let format = formats.get(currency);
	if (!format) {
		format = new Intl.NumberFormat(document.documentElement.lang, { style: "currency", currency });
		formats.set(currency, format);
	}
	return format.format(amount / 10 ** format.resolvedOptions().maximumFractionDigits);
}
