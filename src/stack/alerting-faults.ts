import type { StackFault } from "./checks.ts";
import type { Stack } from "./definition.ts";

interface Alerting {
  readonly webhook?: string;
  readonly receivers: Readonly<Record<string, { readonly email?: readonly string[] }>>;
  readonly routes: readonly { readonly receiver: string; readonly mute?: readonly string[] }[];
  readonly muteTimes: Readonly<Record<string, unknown>>;
  readonly escalation?: { readonly receiver: string };
  readonly smtp?: object;
  readonly heartbeat?: object;
}

/** Names in Alertmanager's settings that don't exist, and settings that contradict each other. */
export function alertingFaults({ services }: Stack): StackFault[] {
  const alerting = services.get("alertmanager")?.settings as Alerting | undefined;
  if (alerting === undefined) return [];
  const { webhook, receivers, routes, muteTimes, escalation, smtp, heartbeat } = alerting;
  const faults: StackFault[] = [];
  const fault = (path: string, message: string, hint: string) =>
    faults.push({ code: "stack-alerting-conflict", path: `services.alertmanager.${path}`, message, hint });
  const known = (names: object) => Object.keys(names).join(", ") || "none";
  const checkReceiver = (path: string, name: string) => {
    if (!Object.hasOwn(receivers, name))
      fault(path, `unknown receiver ${name}`, `Add it to receivers. The receivers are: ${known(receivers)}.`);
  };
  for (const [index, { receiver, mute = [] }] of routes.entries()) {
    checkReceiver(`routes[${index}].receiver`, receiver);
    for (const name of mute)
      if (!Object.hasOwn(muteTimes, name))
        fault(`routes[${index}].mute`, `unknown mute time ${name}`, `The mute times are: ${known(muteTimes)}.`);
  }
  if (escalation) checkReceiver("escalation.receiver", escalation.receiver);
  if (webhook !== undefined && Object.keys(receivers).length > 0)
    fault("webhook", "has no effect with receivers", "Add a receiver with this webhook, and remove the setting.");
  if (smtp === undefined)
    for (const [name, { email }] of Object.entries(receivers))
      if (email) fault(`receivers.${name}.email`, "requires the setting smtp", "Set smtp: { server, from }.");
  if (!services.has("prometheus"))
    for (const [name, value] of Object.entries({ escalation, heartbeat }))
      if (value) fault(name, "requires Prometheus, which is disabled", "Enable Prometheus, or remove the setting.");
  return faults;
}
