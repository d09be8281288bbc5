/** What is certainly no e-mail address. Whether there is such a mailbox only a mail finds out. */
export function emailProblem(email: string): Record<string, string> {
	if (email.trim() === "") return { email: "Which e-mail address?" };
	return /^\S+@\S+$/.test(email.trim()) ? {} : { email: "An e-mail address has an @ in its middle, and no spaces." };
}
