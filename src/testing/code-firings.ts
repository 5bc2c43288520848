import { address, type Desired } from "../engine/model.ts";
import type { Client } from "../grafana/client.ts";
import { Unreachable } from "../grafana/errors.ts";
import { conditionText } from "../kinds/alerting/condition.ts";
import type { RuleGroup } from "../kinds/rule-group/builder.ts";
import { InvalidCodeError, ProvisionError } from "../util/errors.ts";
import { replayedWith, type Backtest } from "./backtest.ts";
import { scrapesOf } from "./changed-firings.ts";
import { checkedRule } from "./simulation/rule.ts";

/** How often a rule of the code would have fired. */
export interface CodeFirings {
  /** Of the group. */
  readonly address: string;
  /** Of the rule. */
  readonly title: string;
  /** `error rate is above 5% (0.05) for 2 minutes` */
  readonly condition: string;
  /** Or why it was not replayed. */
  readonly result: Backtest | { readonly problem: string };
}

/** Replays the alert rules of the code with the data of a Prometheus. */
export async function codeFirings(
  desired: readonly Desired[],
  {
    client,
    from,
    to,
    signal,
  }: { readonly client: Pick<Client, "send">; readonly from: Date; readonly to: Date; readonly signal: AbortSignal },
): Promise<CodeFirings[]> {
  const scrapes = scrapesOf(desired);
  const all: CodeFirings[] = [];
  for (const one of desired.filter(({ kind }) => kind === "rule-group")) {
    const group = one.resource as RuleGroup;
    for (const { title, uid, ...rule } of group.rules) {
      signal.throwIfAborted();
      if (("record" in rule && rule.record) || title === undefined) continue;
      const about = { address: address(one), title };
      try {
        const checked = checkedRule(group, { rule: uid ?? title });
        const result = await replayedWith(client, checked, (source) => scrapes.get(source), { from, to });
        all.push({ ...about, condition: conditionText(checked.form), result });
      } catch (error) {
        if (!(error instanceof ProvisionError) || error instanceof Unreachable) throw error;
        const [fault] = error instanceof InvalidCodeError ? error.faults : [];
        all.push({ ...about, condition: "", result: { problem: fault?.message ?? error.message } });
      }
    }
  }
  return all;
}
