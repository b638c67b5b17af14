import { parseAllowRule, within, type AllowRule, type NetworkPolicy, type Prefix } from "@zygo/contracts";
import { reachable } from "@zygo/core";

type RangeRule = Extract<AllowRule, { range: Prefix }>;

/** What a policy's rules of addresses come to; those of names are pinned as the names are resolved. What nobody may reach is left out. */
export function rangesOf(policy: NetworkPolicy, permitted: readonly Prefix[]): RangeRule[] {
  if (typeof policy === "string") return [];
  const rules = policy.allow.flatMap((text) => {
    const rule = parseAllowRule(text);
    return rule !== undefined && "range" in rule && reachable(rule.range, permitted) ? [rule] : [];
  });
  return rules.filter(
    (rule, at) => !rules.some((other, index) => covers(other, rule) && index !== at && (index < at || !covers(rule, other))),
  );
}

/** The kernel's sets take no range that overlaps another; prefixes overlap only as one within the other. */
const covers = (outer: RangeRule, inner: RangeRule): boolean => outer.port === inner.port && within(inner.range, outer.range);
