import { isIP } from "node:net";
import { z } from "zod";
import { issuesOf, PARSING } from "../util/schema-issues.ts";
import { OWN_USER } from "./access.ts";
import { ELSEWHERE } from "./checklist-points.ts";
import { imageFault, registryFault, tagFault } from "./image.ts";
import type { ServiceName } from "./names.ts";
import type { ServiceType } from "./service.ts";
import { serviceTypes } from "./services/index.ts";
import { Bytes, Duration, HostFile, HostPort, HttpUrl, Memory, Target } from "./settings.ts";

const checked = (fault: (text: string) => string | undefined) =>
  z.string().superRefine((text, context) => {
    const message = fault(text);
    if (message !== undefined) context.addIssue(message);
  });

// Part of container and network names.
const Name = z
  .string()
  .regex(
    /^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$/,
    "use lowercase letters, digits and inner hyphens, at most 40 characters",
  );

const VARIABLE = /^[A-Za-z_]\w*$/;

const Variable = z.strictObject({
  variable: z.string().regex(VARIABLE, "is not a valid variable name"),
});

/** Prometheus reserves names that start with `__`: https://prometheus.io/docs/concepts/data_model/ */
const Labels = z.record(z.string(), z.string()).superRefine((labels, context) => {
  for (const name of Object.keys(labels)) {
    if (!/^(?!__)[A-Za-z_]\w*$/.test(name)) {
      context.addIssue({ code: "custom", path: [name], message: "is not a valid label name" });
    }
  }
});

const Metrics = z.strictObject({
  drop: z.array(z.string().min(1)).exactOptional(),
  sampleLimit: z.number().int().positive().exactOptional(),
  labelLimit: z.number().int().positive().exactOptional(),
});

/** Names of the points of `stack:check` that can be done elsewhere. */
const Elsewhere = z.strictObject(
  Object.fromEntries(ELSEWHERE.map((name) => [name, z.string().min(1).exactOptional()])) as Record<
    (typeof ELSEWHERE)[number],
    z.ZodExactOptional<z.ZodString>
  >,
);

const COMMON = {
  metrics: Metrics.default({}),
  version: checked(tagFault).exactOptional(),
  image: checked(imageFault).exactOptional(),
  memory: Memory.exactOptional(),
  cpus: z.number().positive().exactOptional(),
  scrapeInterval: Duration.exactOptional(),
  environment: z
    .record(z.string(), z.union([z.string(), Variable]))
    .superRefine((variables, context) => {
      for (const name of Object.keys(variables)) {
        if (!VARIABLE.test(name))
          context.addIssue({ code: "custom", path: [name], message: "is not a valid variable name" });
      }
    })
    .exactOptional(),
};

// Docker's rule for names.
const NetworkName = z.string().regex(/^[A-Za-z0-9][\w.-]*$/, "is not a valid network name");

/** A path on the host. Engines take other forms for globs or volume names. */
const HostDirectory = z
  .string()
  .regex(/^(\/|\.{1,2}(\/|$))[^:*?]*$/, "is not a valid path; it must start with / or ./");

const HostName = z
  .string()
  .regex(/^(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/, {
    error: "is not a valid host name; use a form such as monitoring.example.org",
    abort: true,
  })
  .refine((text) => isIP(text) === 0, "must be a host name, not an IP address");

const CertificateSchema = z.strictObject({ certificate: HostFile, key: HostFile, ca: HostFile.exactOptional() });
const AcmeSchema = z.strictObject({
  acme: z.strictObject({ email: z.email("is not a valid email address"), directory: HttpUrl.exactOptional() }),
});

/** `tls` is one of two objects: the given properties determine which, so that messages are about them. */
const Tls = z
  .unknown()
  .transform((value, context): z.output<typeof CertificateSchema> | z.output<typeof AcmeSchema> => {
    const isAcme = typeof value === "object" && value !== null && "acme" in value;
    const parsed = (isAcme ? AcmeSchema : CertificateSchema).safeParse(value, PARSING);
    if (parsed.success) return parsed.data;
    for (const { path, message } of issuesOf(parsed.error.issues))
      context.addIssue({ code: "custom", path: [...path], message });
    return z.NEVER;
  });

/** Names that Caddyfiles and URLs can contain. */
const User = z
  .string()
  .regex(/^[A-Za-z0-9][\w.-]{0,62}$/, "use letters, digits, dots, underscores and hyphens, at most 63 characters")
  .refine((name) => name !== OWN_USER, `${OWN_USER} is the user of the stack's own requests`);

const AccessSchema = z.strictObject({
  host: HostName,
  tls: Tls.exactOptional(),
  users: z
    .array(User)
    .min(1, "must contain at least one user")
    .refine((users) => new Set(users).size === users.length, "contains a user twice")
    .exactOptional(),
});

const Limit = z
  .union([z.number().int("must be a whole number").positive("must be above zero"), z.literal(false)])
  .exactOptional();

/** https://kubernetes.io/docs/concepts/overview/working-with-objects/names/ */
const KubernetesName = z
  .string()
  .regex(
    /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/,
    "use lowercase letters, digits and inner hyphens, at most 63 characters",
  );

const ClassName = z
  .string()
  .regex(
    /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/,
    "use lowercase letters, digits, inner hyphens and dots",
  );

const Kubernetes = z.strictObject({
  namespace: KubernetesName.exactOptional(),
  storageClass: ClassName.exactOptional(),
  ingressClass: ClassName.exactOptional(),
  volumes: z
    .strictObject(
      Object.fromEntries(serviceTypes.map(({ name }) => [name, Bytes.exactOptional()])) as Record<
        ServiceName,
        z.ZodExactOptional<typeof Bytes>
      >,
    )
    .default({}),
});

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

const BACKEND = 'must be "example", false, or an object such as { target: "host.docker.internal:8009" }';

/** Validates a definition and fills in defaults. Settings that are `false`, and `backend: "example"`, must be removed first. */
export const DefinitionSchema = z.strictObject({
  profile: z.enum(["development", "production"]).default("development"),
  access: AccessSchema.exactOptional(),
  runbooks: HttpUrl.exactOptional(),
  checklist: Elsewhere.default({}),
  limits: z.strictObject({ openFiles: Limit, processes: Limit }).prefault({}),
  name: Name.default("toolboxai"),
  network: z.union([NetworkName, z.strictObject({ name: NetworkName, external: z.boolean() })]).exactOptional(),
  bind: z
    .string()
    .refine((text) => isIP(text) !== 0, "is not a valid IP address; use a form such as 127.0.0.1 or 0.0.0.0")
    .default("127.0.0.1"),
  registry: checked(registryFault).exactOptional(),
  environment: z.string().min(1).default("production"),
  scrapeInterval: Duration.default("15s"),
  evaluationInterval: Duration.default("15s"),
  backend: z
    .strictObject(
      {
        job: z.string().min(1).default("fastapi-backend"),
        target: Target.default("host.docker.internal:8009"),
        metricsPath: z.string().startsWith("/", "must start with /").default("/metrics"),
        interval: Duration.default("10s"),
        metrics: Metrics.exactOptional(),
      },
      { error: ({ code }) => (code === "invalid_type" ? BACKEND : undefined) },
    )
    .prefault({}),
  scrape: z
    .array(
      z.strictObject({
        job: z.string().min(1),
        targets: z.array(Target).min(1, "must contain at least one target"),
        metricsPath: z.string().startsWith("/", "must start with /").exactOptional(),
        interval: Duration.exactOptional(),
        labels: Labels.exactOptional(),
        metrics: Metrics.exactOptional(),
      }),
    )
    .default([]),
  logs: z
    .strictObject({
      collector: z.enum(["alloy", "promtail"]).default("alloy"),
      containers: HostDirectory.default("/var/lib/docker/containers"),
      application: HostDirectory.default("./logs"),
      tenant: z
        .string()
        .regex(/^[\w.-]{1,150}$/, "use letters, digits, dots, underscores and hyphens, at most 150 characters")
        .exactOptional(),
    })
    .prefault({}),
  logRotation: z
    .strictObject({ maxSize: Bytes.default("10m"), maxFiles: z.number().int().positive().default(3) })
    .prefault({}),
  hostGateway: z
    .string()
    .refine((text) => text === "host-gateway" || isIP(text) !== 0, 'must be "host-gateway" or an IP address')
    .default("host-gateway"),
  kubernetes: Kubernetes.prefault({}),
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

/** The validated settings of one service. */
export type ServiceInput = z.output<ReturnType<typeof schemaOf>>;
