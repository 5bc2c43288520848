import { kibibytes } from "../settings.ts";

const UNITS: Readonly<Record<string, string>> = { k: "Ki", m: "Mi", g: "Gi" };

/** A size in Kubernetes' format: `"512Mi"` for `"512m"`. */
export function quantity(bytes: string): string {
  return `${bytes.slice(0, -1)}${UNITS[bytes.slice(-1)] ?? ""}`;
}

/** Half of a size: `"512Mi"` for `"1g"`. */
export function halfOf(bytes: string): string {
  const half = Math.ceil(kibibytes(bytes) / 2);
  return half % 1024 === 0 ? `${half / 1024}Mi` : `${half}Ki`;
}

/** The CPU limit `1.5` as `"1500m"`. */
export function millicpus(cpus: number): string {
  return `${Math.ceil(cpus * 1000)}m`;
}
