import { planOf } from "../../simulator/shop/plan";
import { smallerPlans } from "../../simulator/shop/smaller";
import type { NodePlan } from "../../simulator/shop/node-plans";

const node = (...services: NodePlan["services"]): NodePlan => ({ services, clockOffsetMs: 0, clockDrift: 0 });

test("a smaller shop may lack a node, and none of its services", () => {
	const nodes = [node("products", "payments"), node("orders", "cart"), node("products", "payments", "cart")];

	const smaller = smallerPlans({ ...planOf(1), nodes }, 100);
	const left = smaller.map((plan) => plan.nodes).filter((each) => each.length < nodes.length);

	expect(new Set(left)).toEqual(new Set([nodes.slice(1), nodes.slice(0, 2)]));
});
