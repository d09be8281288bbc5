import type { DemoCategory, DemoProduct } from "./department";
import { garden } from "./garden";
import { kitchen } from "./kitchen";
import { light } from "./light";
import { sound } from "./sound";
import { study } from "./study";
import { travel } from "./travel";

export type { DemoCategory, DemoProduct } from "./department";

const departments = [light, kitchen, study, travel, garden, sound];

/** Every department stands before its categories, so they can be inserted in this order. */
export const demoCategories: readonly DemoCategory[] = departments.flatMap(({ categories }) => categories);

export const demoProducts: readonly DemoProduct[] = departments.flatMap(({ products }) => products).map(withPicture);

function withPicture(product: Omit<DemoProduct, "imageUrl">): DemoProduct {
	return { ...product, imageUrl: `/pictures/${product.slug}.svg` };
}
