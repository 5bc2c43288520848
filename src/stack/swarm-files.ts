import { isAbsolute } from "node:path";
import { healthcheckOf, secretEntry, type BuiltService, type Paths } from "./compose.ts";
import type { Stack } from "./definition.ts";
import { bullets, markdownTable, secretRows, variablesOf } from "./readme.ts";
import { HASH_LENGTH, hashVariable, isPinned, nodeLabel, publishesPorts } from "./swarm.ts";
import { hostAddressIn } from "./target-faults.ts";

/** The script that deploys the stack: names of secrets contain a hash, which must not be in a file that can be committed. */
export function deployScript(built: readonly BuiltService[], paths: Paths, project: string): string {
  const files = new Map(
    built.flatMap(({ parts }) => (parts.secrets ?? []).map((secret) => secretEntry(secret, paths))),
  );
  const lines = [...files].flatMap(([name, { file }]) => {
    const variable = hashVariable(name);
    return [`${variable}=$(hash ${quoted(file.replaceAll("$$", "$"))})`, `export ${variable}`];
  });
  return `# Usage on a manager of the swarm: sh deploy.sh
set -eu
cd "$(dirname "$0")"
${
  lines.length === 0
    ? ""
    : `
hash() {
  if [ ! -s "$1" ]; then
    echo "$1 is missing or empty, or $(id -un) may not enter its directory. README.md lists the secrets." >&2
    exit 1
  fi
  if [ ! -r "$1" ]; then
    echo "$(id -un) may not read $1." >&2
    exit 1
  fi
  sha256sum "$1" | cut -c1-${HASH_LENGTH}
}

${lines.join("\n")}
`
}
if [ -n "$(docker ps --quiet --filter label=com.docker.compose.project=${project})" ]; then
  echo "The stack runs on this machine with Docker Compose, with the same volumes. Stop it first: npx grafana-provision stack:down" >&2
  exit 1
fi
exec docker stack deploy --prune --with-registry-auth --compose-file stack.yaml ${project} "$@"
`;
}

/** A word of a shell command. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

/** The description of the directory. */
export function swarmReadme(stack: Stack, built: readonly BuiltService[], project: string): string {
  const pinned = built.filter(isPinned);
  const labels = pinned.map(({ service }) => `--label-add ${nodeLabel(stack, service.name)}=true`);
  const variables = variablesOf(built);
  const secrets = secretRows(built);
  return `# ${project} on Docker Swarm

Requires Docker 20.10 or later.

## Deploy

${
  labels.length === 0
    ? ""
    : `- **Data.** These services keep their data in a volume of one node. Give each label to exactly one node. If a service moves to another node, its data stay behind.

  \`\`\`sh
  docker node update ${labels.join(" \\\n    ")} NODE
  \`\`\`

`
}${
    secrets.length === 0
      ? ""
      : `- **Secrets.** The script reads these files. \`stack:render --target swarm --secrets\` generates those of the stack that are missing.

${indented(markdownTable(["secret", "file"], secrets))}

`
  }${
    variables.length === 0
      ? ""
      : `- **Variables.** Set ${variables.map((name) => `\`${name}\``).join(", ")}. Their values are in the definitions of the services, which each manager shows.

`
  }- **Start.** Run \`sh deploy.sh\` on a manager, from this directory. Run it again after a change: Swarm replaces only the services whose configuration or secrets have changed, and returns to the former version if a new container exits within a minute or fails its health check.${unchecked(built)}
- **Docker Compose.** If the stack runs with Docker Compose on a node, run \`stack:down\` there first: both have the same network and volumes. The volumes on a labelled node are used again.

## Differences from Docker Compose

${bullets(differences(stack, built))}
`;
}

/** Services that Swarm counts as healthy as soon as they run. */
function unchecked(built: readonly BuiltService[]): string {
  const names = built
    .filter(({ parts }) => parts.probe === undefined || healthcheckOf(parts).healthcheck === undefined)
    .map(({ service }) => `\`${service.name}\``);
  return names.length === 0 ? "" : ` No health check: ${names.join(", ")}.`;
}

function indented(text: string): string {
  return text.replaceAll(/^/gm, "  ");
}

/** What this stack has in Docker Compose, but not in Swarm. */
function differences(stack: Stack, built: readonly BuiltService[]): string[] {
  const names = (list: readonly BuiltService[]) => list.map(({ service }) => `\`${service.name}\``).join(", ");
  const perNode = built.filter(({ service }) => service.type.perNode);
  const hostProcesses = built.filter(({ parts }) => parts.hostProcesses);
  const { application } = stack.logs;
  const readsFiles = built.some(({ service }) => service.name === stack.logs.collector);
  return [
    "`container_name`: Swarm chooses the names of containers. Services have these names on their network, so all URLs are the same.",
    "`depends_on`: Swarm has no order. Services connect again until the others answer.",
    '`security_opt`: `docker stack deploy` ignores `no-new-privileges`. Set `"no-new-privileges": true` in the `daemon.json` of each node.',
    ...(hostProcesses.length > 0
      ? [`\`pid: host\`: ignored, so ${names(hostProcesses)} counts only the processes of its own container.`]
      : []),
    publishesPorts(stack)
      ? "`bind`: Swarm publishes ports on all addresses of all nodes, and of services on each node only there."
      : `\`bind\`: Swarm can't publish ports only on ${stack.bind}, so no port is published. With \`bind: "0.0.0.0"\`, they are published on all addresses of all nodes.`,
    ...(built.some(({ parts }) => parts.connectsToHost) && hostAddressIn(stack) === undefined
      ? [
          "`extra_hosts`: `host.docker.internal` does not exist, because it would be a different machine for each container.",
        ]
      : []),
    ...(perNode.length > 0
      ? [
          `${names(perNode)}: one container on each node. Their addresses lead to any of them; Prometheus scrapes all, but \`instance\` is an address of the network that changes with each container: the label \`nodename\` of \`node_uname_info\` has the name of the node. Log lines don't name their node.`,
        ]
      : []),
    ...(readsFiles && application !== undefined && "directory" in application && !isAbsolute(application.directory)
      ? [
          `\`logs.application\`: \`${application.directory}\` is a directory of this machine. Set an absolute path that exists on each node.`,
        ]
      : []),
    "`stack:up`, `stack:down` and `stack:status` are for Docker Compose: use `docker stack services` and `docker service logs`.",
    "Configurations and secrets keep a hash in their name, because Swarm can't change them. `docker config rm` and `docker secret rm` remove former ones.",
    ...(stack.profile === "production"
      ? []
      : ["Connections between nodes are not encrypted. With the profile `production`, the network is."]),
  ];
}
