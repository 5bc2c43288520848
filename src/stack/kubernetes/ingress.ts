import { ingressPorts } from "../access.ts";
import type { StackContext } from "../service.ts";
import type { Stack } from "../definition.ts";
import { ingressHost } from "../target.ts";
import { ingressName, tlsName, type Manifest } from "./names.ts";
import { backendOf } from "./network.ts";

/** Publishes the HTTP ports, each with a host name of its own. Undefined without `access`. */
export function ingressOf(stack: Stack, context: StackContext): Manifest | undefined {
  const { access } = context;
  const ports = ingressPorts(context);
  if (access === undefined || ports.length === 0) return undefined;
  const { ingressClass } = stack.kubernetes;
  const rules = ports.map((one) => {
    const { service: name, port } = backendOf(one);
    const service = { name: stack.services.get(name)?.container, port: { number: port } };
    return {
      host: ingressHost(one.service.type, one.name, access),
      http: { paths: [{ path: "/", pathType: "Prefix", backend: { service } }] },
    };
  });
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
    metadata: { name: ingressName(stack), labels: { "app.kubernetes.io/instance": stack.name } },
    spec: {
      ...(ingressClass === undefined ? {} : { ingressClassName: ingressClass }),
      tls: [{ hosts: rules.map(({ host }) => host), secretName: tlsName(stack) }],
      rules,
    },
  };
}

/** An issuer of cert-manager, which obtains the certificate of the Ingress. Undefined if the certificate is in files. */
export function issuerOf(stack: Stack): Manifest | undefined {
  const { tls } = stack.access ?? {};
  if (tls === undefined || !("acme" in tls)) return undefined;
  const { ingressClass } = stack.kubernetes;
  return {
    apiVersion: "cert-manager.io/v1",
    kind: "Issuer",
    metadata: { name: ingressName(stack) },
    spec: {
      acme: {
        email: tls.acme.email,
        server: tls.acme.directory ?? "https://acme-v02.api.letsencrypt.org/directory",
        privateKeySecretRef: { name: `${ingressName(stack)}-account` },
        solvers: [{ http01: { ingress: ingressClass === undefined ? {} : { ingressClassName: ingressClass } } }],
      },
    },
  };
}
