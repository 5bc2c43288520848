import { isIP } from "node:net";
import { z } from "zod";
import { imageFault, registryFault, tagFault } from "./image.ts";
import type { ServiceName } from "./names.ts";
import type { ServiceType } from "./service.ts";
import { serviceTypes } from "./services/index.ts";
import { Bytes, Duration, HostPort, Memory, Target } from "./settings.ts";

const checked = (fault: (text: string) => string | undefined) =>
  z.string().superRefine((text, context) => {
    const message = fault(text);
    if (message !== undefined) context.addIssue(message);
  });

// It becomes a part of the names of containers and networks.
const Name = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$/, "40 small letters, digits and - in between at most are expected");

const VARIABLE = /^[A-Za-z_]\w*$/;

const Variable = z.strictObject({
  variable: z.string().regex(VARIABLE, "is no name of a variable"),
});

/** https://prometheus.io/docs/concepts/data_model/: names with two underscores are Prometheus' own. */
const Labels = z.record(z.string(), z.string()).superRefine((labels, context) => {
  for (const name of Object.keys(labels)) {
    if (!/^(?!__)[A-Za-z_]\w*$/.test(name)) {
      context.addIssue({ code: "custom", path: [name], message: "is no name of a label" });
    }
  }
});

const COMMON = {
  version: checked(tagFault).exactOptional(),
  image: checked(imageFault).exactOptional(),
  memory: Memory.exactOptional(),
  scrapeInterval: Duration.exactOptional(),
  environment: z
    .record(z.string(), z.union([z.string(), Variable]))
    .superRefine((variables, context) => {
      for (const name of Object.keys(variables)) {
        if (!VARIABLE.test(name))
          context.addIssue({ code: "custom", path: [name], message: "is no name of a variable" });
      }
    })
    .exactOptional(),
};

// Docker's own rule for names.
const NetworkName = z.string().regex(/^[A-Za-z0-9][\w.-]*$/, "is no name of a network");

/** A path on the host: a glob or a volume's name would mean something else to a container engine. */
const HostFolder = z.string().regex(/^(\/|\.{1,2}(\/|$))[^:*?]*$/, "is no path: it begins with / or ./");

const PublishedPort = z.union([HostPort, z.literal(false)]).exactOptional();

function schemaOf(type: ServiceType) {
  const ports = Object.fromEntries(Object.keys(type.ports).map((name) => [name, PublishedPort]));
  return z
    .strictObject({
      ...COMMON,
      ports: z.strictObject(ports).exactOptional(),
      ...type.settings.shape,
    })
    .prefault({});
}

/** Checks a definition, and fills in what it leaves out. What is `false` was taken out before. */
export const DefinitionSchema = z.strictObject({
  name: Name.default("toolboxai"),
  network: z.union([NetworkName, z.strictObject({ name: NetworkName, external: z.boolean() })]).exactOptional(),
  bind: z
    .string()
    .refine((text) => isIP(text) !== 0, "is no address of this machine: write it like 127.0.0.1 or 0.0.0.0")
    .default("127.0.0.1"),
  registry: checked(registryFault).exactOptional(),
  environment: z.string().min(1).default("production"),
  scrapeInterval: Duration.default("15s"),
  evaluationInterval: Duration.default("15s"),
  backend: z
    .strictObject({
      job: z.string().min(1).default("fastapi-backend"),
      target: Target.default("host.docker.internal:8009"),
      metricsPath: z.string().startsWith("/", "begins with /").default("/metrics"),
      interval: Duration.default("10s"),
    })
    .prefault({}),
  scrape: z
    .array(
      z.strictObject({
        job: z.string().min(1),
        targets: z.array(Target).min(1, "at least one target is expected"),
        metricsPath: z.string().startsWith("/", "begins with /").exactOptional(),
        interval: Duration.exactOptional(),
        labels: Labels.exactOptional(),
      }),
    )
    .default([]),
  logs: z
    .strictObject({
      collector: z.enum(["alloy", "promtail"]).default("alloy"),
      containers: HostFolder.default("/var/lib/docker/containers"),
      application: HostFolder.default("./logs"),
      tenant: z
        .string()
        .regex(/^[\w.-]{1,150}$/, "letters, digits, and . _ - are expected")
        .exactOptional(),
    })
    .prefault({}),
  logRotation: z
    .strictObject({ maxSize: Bytes.default("10m"), maxFiles: z.number().int().positive().default(3) })
    .prefault({}),
  hostGateway: z
    .string()
    .refine((text) => text === "host-gateway" || isIP(text) !== 0, 'is neither "host-gateway" nor an address')
    .default("host-gateway"),
  services: z
    .strictObject(
      Object.fromEntries(serviceTypes.map((type) => [type.name, schemaOf(type)])) as Record<
        ServiceName,
        ReturnType<typeof schemaOf>
      >,
    )
    .prefault({}),
});

export type CheckedDefinition = z.output<typeof DefinitionSchema>;

/** The settings of one service, checked: the common ones, and its own. */
export type ServiceInput = z.output<ReturnType<typeof schemaOf>>;
