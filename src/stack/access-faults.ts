import { completeAccess, hasFiles } from "./access.ts";
import type { StackFault } from "./checks.ts";
import type { Stack, StackDefinition } from "./definition.ts";

/** Settings that contradict `access`. */
export function accessFaults(stack: Stack, { backend, services }: StackDefinition): StackFault[] {
  const access = completeAccess(stack);
  const faults: StackFault[] = [];
  if (access === undefined) {
    // An incomplete `access` is reported when the stack is rendered.
    if (services?.proxy && stack.access === undefined && stack.profile !== "production")
      faults.push({
        code: "stack-access-conflict",
        path: "services.proxy",
        message: "has settings, but `access` is not set",
        hint: "Set access, or remove these settings.",
        by: ["access"],
      });
    return faults;
  }
  // The types do not allow it, but a definition can be JavaScript.
  if ((services?.proxy as unknown) === false)
    faults.push({
      code: "stack-access-conflict",
      path: "services.proxy",
      message: "is disabled, but it serves the ports of the other services if `access` is set",
      hint: "Remove this setting, or set `ports` of services that you don't want to publish to false.",
      by: ["access"],
    });
  if (backend === "example")
    faults.push({
      code: "stack-access-conflict",
      path: "backend",
      message: "the example backend does not support `access`: it is an example for development",
      hint: "Set backend to the address of your application, or remove access.",
      by: ["access"],
    });
  if (hasFiles(access)) return faults;
  for (const { name, type, ports } of stack.services.values()) {
    for (const port of Object.keys(ports)) {
      if (type.ports[port]?.protocol !== "tcp") continue;
      faults.push({
        code: "stack-access-conflict",
        path: `services.${name}.ports.${port}`,
        message: "cannot be published with a certificate from ACME, which only the proxy has",
        hint: `Set it to false, or set access.tls to { certificate, key }.`,
        by: ["access.tls"],
      });
    }
  }
  return faults;
}
