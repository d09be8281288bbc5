export function setTitle(title: string | undefined): void {
	document.title = title ? `${title} · Molecart` : "Molecart";
}
