import type { Row, Topic } from "../model.ts";
import { keyOf, rangeText, vectorOf, type Sample } from "../prometheus.ts";
import { listed } from "../../util/plural.ts";

/** Below this many days left, a person should look at a disk. */
const FEW_DAYS = 14;
const DAY = 86_400;
/** A disk with a smaller share of free space is full, whatever its growth. */
const LEAST_FREE = 0.05;

/** File systems of disks, without those in memory, of images and of containers. */
const DISKS =
  'fstype!~"tmpfs|ramfs|devtmpfs|overlay|squashfs|iso9660|nsfs|fuse.*", mountpoint!~"/(dev|proc|run|sys|boot)($|/.*)"';
const DISK = ["instance", "mountpoint"];

/** Less data than this says nothing about days. */
const ENOUGH = 6 * 3600;

/** Growth of the data, and the days until disks are full. */
export const storage: Topic = {
  id: "storage",
  title: "Storage",
  columns: [
    { key: "what", title: "Data" },
    { key: "instance", title: "Instance" },
    { key: "used", title: "Used", unit: "bytes" },
    { key: "free", title: "Free", unit: "bytes" },
    { key: "growth", title: "Growth", unit: "bytes-per-day" },
    { key: "days", title: "Days left", unit: "days" },
  ],
  async find(asking) {
    const range = rangeText(asking);
    const found = await asking.prometheus("sizes of data in Prometheus", async (read) => {
      const ask = (query: string) => vectorOf(read, query, asking.to);
      const [blocks, disk] = ["prometheus_tsdb_storage_blocks_bytes", `node_filesystem_avail_bytes{${DISKS}}`];
      const growthOf = async (metric: string) => ({
        perSecond: await ask(`deriv(${metric}[${range}])`),
        since: await ask(`min_over_time(timestamp(${metric})[${range}:1h])`),
      });
      return {
        size: await ask(blocks),
        growth: await growthOf(blocks),
        free: await ask(disk),
        total: await ask(`node_filesystem_size_bytes{${DISKS}}`),
        shrinking: await growthOf(disk),
      };
    });
    if (!found) return undefined;
    const { size, growth, total, shrinking } = found;
    const free = oneOfEachDevice(found.free);
    if (size.length === 0) asking.note("the size of Prometheus' data: Prometheus does not scrape itself");
    if (free.length === 0) asking.note("free space on disks: Prometheus has no metrics of a node exporter");
    if (size.length === 0 && free.length === 0) return undefined;
    const changesOf = ({ perSecond, since }: typeof growth, names: readonly string[]) => {
      const isEnough = by(since, names);
      const known = perSecond.filter(({ labels }) => {
        const first = isEnough.get(keyOf(labels, names));
        return first !== undefined && asking.to / 1000 - first >= ENOUGH;
      });
      if (perSecond.length > known.length)
        asking.note("growth and days left: Prometheus has the sizes of less than 6 hours");
      return by(known, names);
    };
    const growths = changesOf(growth, ["instance"]);
    const data = size.map(({ labels, value }): Row => {
      const perDay = growths.get(keyOf(labels, ["instance"]));
      return {
        what: "blocks of Prometheus",
        instance: labels["instance"] ?? "",
        used: value,
        ...(perDay === undefined ? {} : { growth: perDay * DAY }),
      };
    });
    const [sizes, changes] = [by(total, DISK), changesOf(shrinking, DISK)];
    const disks = free.map(({ labels, value }) => {
      const key = keyOf(labels, DISK);
      const [whole, change] = [sizes.get(key), changes.get(key)];
      const days = change !== undefined && change < 0 ? value / -change / DAY : undefined;
      return {
        what: `disk ${labels["mountpoint"] ?? ""}`,
        instance: labels["instance"] ?? "",
        ...(whole === undefined ? {} : { used: whole - value }),
        free: value,
        ...(change === undefined ? {} : { growth: -change * DAY }),
        // A disk that fills in more than ten years is not filling.
        ...(days === undefined || days > 3650 ? {} : { days: Math.floor(days) }),
        ...(whole !== undefined && value < LEAST_FREE * whole ? { days: 0 } : {}),
      };
    });
    const filling = disks.filter(({ days = Infinity }) => days < FEW_DAYS);
    const first = disks.toSorted((a, b) => (a.days ?? Infinity) - (b.days ?? Infinity));
    const shown = filling.map(({ what, instance, days }) =>
      days === 0 ? `${what} of ${instance} now` : `${what} of ${instance} in ${days} days`,
    );
    const isKnown = disks.some(({ growth: perDay }) => perDay !== undefined);
    return {
      rows: [...first, ...data],
      attention: filling.length > 0,
      summary:
        filling.length > 0
          ? `Full, or full at the present rate: ${listed(shown)}.`
          : free.length === 0
            ? "Free space is not known."
            : isKnown
              ? `No disk fills within ${FEW_DAYS} days.`
              : "No disk is full. How fast they fill is not known yet.",
    };
  },
};

function by(samples: readonly Sample[], names: readonly string[]): ReadonlyMap<string, number> {
  return new Map(samples.map(({ labels, value }) => [keyOf(labels, names), value]));
}

/** A file system can be mounted at several places: the shortest path is the one to show. */
function oneOfEachDevice(samples: readonly Sample[]): Sample[] {
  const length = ({ labels }: Sample) => (labels["mountpoint"] ?? "").length;
  const known = new Map<string, Sample>();
  for (const sample of samples.toSorted((a, b) => length(a) - length(b))) {
    const key = keyOf(sample.labels, ["instance", "device"]);
    if (!known.has(key)) known.set(key, sample);
  }
  return [...known.values()];
}
