const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "long", year: "numeric" });
const time = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });

const shortDay = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric" });

export const dayOf = (at: string): string => day.format(new Date(at));
export const shortDayOf = (at: string): string => shortDay.format(new Date(at));
export const timeOf = (at: string): string => time.format(new Date(at));
