import { DeployError, type DeployErrorParts } from "../../../src/errors.js";
import { type Applied, nothingApplied, type ServiceReport } from "../../../src/host/applied.js";
import { servicesOf } from "../../../src/quadlet/services.js";
import type { HostReport, Report } from "../../../src/report/report.js";
import { hostWith, planFor, releaseOf } from "../plan/support.js";

export const release = releaseOf(
  {
    "redis.container": "[Container]\nImage=redis:7\n",
    "web.container": "[Container]\nImage=r/web:v2\nEnvironmentFile=.env\n",
  },
  { IMAGE_TAG: "v2", SECRET: "x" },
);
const before = releaseOf(
  {
    "redis.container": "[Container]\nImage=redis:7\n",
    "web.container": "[Container]\nImage=r/web:v1\nEnvironmentFile=.env\n",
  },
  { IMAGE_TAG: "v1", SECRET: "x" },
);

export function error(parts: Partial<DeployErrorParts> = {}): DeployError {
  return new DeployError({
    phase: "restart",
    host: "web",
    object: "web.service",
    cause: "it failed",
    ...parts,
  });
}

export function service(name: string, more: Partial<ServiceReport> = {}): ServiceReport {
  return {
    name,
    active: "active",
    sub: "running",
    result: "success",
    restarts: 0,
    startTime: 1500,
    ...more,
  };
}

export function applied(more: Partial<Applied> = {}): Applied {
  return {
    ...nothingApplied(),
    flipped: true,
    restarted: ["web.service"],
    services: new Map(["redis.service", "web.service"].map((name) => [name, service(name)])),
    images: [
      {
        service: "web.service",
        image: "r/web:v2",
        id: `sha256:${"a".repeat(64)}`,
        digest: "sha256:web",
      },
      {
        service: "redis.service",
        image: "redis:7",
        id: `sha256:${"b".repeat(64)}`,
        digest: "sha256:redis",
      },
    ],
    answer: { status: 200, body: "ok\nmore", location: "", trouble: "" },
    phase: "tidy",
    outcome: { kind: "committed" },
    ...more,
  };
}

/** A host after a deploy of a changed unit that went well; `more` says what did not. */
export function hostReport(more: Partial<HostReport> = {}): HostReport {
  const facts = hostWith(before);
  return {
    host: "web",
    release: "R2",
    previous: "R1",
    phases: [
      { phase: "connect", time: 340 },
      { phase: "restart", time: 3060 },
    ],
    facts,
    plan: planFor(release, facts),
    applied: applied(),
    errors: [],
    ...more,
  };
}

export function report(
  hosts: readonly HostReport[] = [hostReport()],
  more: Partial<Report> = {},
): Report {
  return {
    command: "deploy",
    app: "shop",
    environment: "staging",
    services: servicesOf(release.files),
    findings: [],
    hosts,
    skipped: [],
    duration: 4321,
    ...more,
  };
}
