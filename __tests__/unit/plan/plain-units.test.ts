import { describe, expect, test } from "vitest";
import type { Facts } from "../../../src/plan/facts.js";
import {
  actions,
  emptyHost,
  hostWith,
  planFor,
  releaseOf,
  serviceState,
  systemdDir,
} from "./support.js";

const timer = "[Timer]\nOnCalendar=daily\n[Install]\nWantedBy=timers.target\n";
const files = {
  "web.container": "[Container]\nImage=r.io/x:1\n",
  "backup.container": "[Container]\nImage=r.io/x:1\n[Service]\nType=oneshot\n",
  "systemd/backup.timer": timer,
  "systemd/proxy.socket":
    "[Socket]\nListenStream=80\n[Install]\nWantedBy=sockets.target\nAlias=front.socket\n",
  "systemd/proxy.service": "[Service]\nExecStart=/usr/bin/true\n",
};
/** What a deploy of all of it leaves: jobs and services that others start have not run. */
const deployed = (more: Readonly<Record<string, string>> = {}): Facts => {
  const facts = hostWith(releaseOf(files));
  return {
    ...facts,
    services: new Map([
      ...facts.services,
      ...["backup.service", "proxy.service"].map(
        (name) => [name, serviceState(more[name] ?? "inactive")] as const,
      ),
    ]),
  };
};
const moves = (changed: Partial<typeof files>, facts = deployed()) =>
  actions(planFor(releaseOf({ ...files, ...changed }), facts)).filter(
    (one) => !one.startsWith("keep"),
  );

describe("units of systemd's own", () => {
  const first = planFor(releaseOf(files), emptyHost);

  test("stand in its directory, enabled by links as [Install] says", () => {
    expect(
      first.links.add
        .filter(({ path }) => path.startsWith(systemdDir))
        .map(({ path, target }) => `${path.slice(systemdDir.length + 1)} -> ${target}`),
    ).toEqual([
      "backup.timer -> ../../containers/quadlet-deploy/shop/current/systemd/backup.timer",
      "proxy.service -> ../../containers/quadlet-deploy/shop/current/systemd/proxy.service",
      "proxy.socket -> ../../containers/quadlet-deploy/shop/current/systemd/proxy.socket",
      "timers.target.wants/backup.timer -> ../../../containers/quadlet-deploy/shop/current/systemd/backup.timer",
      "sockets.target.wants/proxy.socket -> ../../../containers/quadlet-deploy/shop/current/systemd/proxy.socket",
      "front.socket -> ../../containers/quadlet-deploy/shop/current/systemd/proxy.socket",
    ]);
  });

  test("start, and what they start is left to them", () => {
    expect(actions(first)).toEqual([
      "keep backup.service",
      "start backup.timer: backup.timer is new",
      "keep proxy.service",
      "start proxy.socket: proxy.socket is new",
      "start web.service: web.container is new",
    ]);
    expect(first.onDemand).toEqual(["backup.service", "proxy.service"]);
    expect(first.services.filter(({ up }) => up).map(({ name }) => name)).toEqual([
      "backup.timer",
      "proxy.socket",
      "web.service",
    ]);
  });

  test("that are as they were need no deploy", () => {
    const planned = planFor(releaseOf(files), deployed());
    expect([planned.change, moves({})]).toEqual(["none", []]);
  });

  test("restart for what changed; a job waits for its next time", () => {
    expect(moves({ "systemd/backup.timer": timer.replace("daily", "weekly") })).toEqual([
      "restart backup.timer: backup.timer was changed",
    ]);
    expect(moves({ "backup.container": files["backup.container"].replace("x:1", "x:2") })).toEqual(
      [],
    );
    expect(
      moves(
        { "backup.container": files["backup.container"].replace("x:1", "x:2") },
        deployed({ "backup.service": "activating" }),
      ),
    ).toEqual([]);
  });

  test("a service that a socket has started restarts with it, for that cannot start beside it", () => {
    const changed = { "systemd/proxy.socket": files["systemd/proxy.socket"].replace("80", "81") };
    expect(moves(changed)).toEqual(["restart proxy.socket: proxy.socket was changed"]);
    expect(moves(changed, deployed({ "proxy.service": "active" }))).toEqual([
      "restart proxy.service: proxy.socket restarts, which it requires",
      "restart proxy.socket: proxy.socket was changed",
    ]);
    const service = { "systemd/proxy.service": "[Service]\nExecStart=/usr/bin/false\n" };
    expect(moves(service)).toEqual([]);
    expect(moves(service, deployed({ "proxy.service": "active" }))).toEqual([
      "restart proxy.service: proxy.service was changed",
    ]);
  });

  test("that leave stop, and their links go", () => {
    const { "systemd/backup.timer": _, ...rest } = files;
    const planned = planFor(releaseOf(rest), deployed());
    expect(actions(planned)).toContain(
      "stop backup.timer: backup.timer is no longer part of the release",
    );
    expect(planned.links.remove).toEqual([
      `${systemdDir}/backup.timer`,
      `${systemdDir}/timers.target.wants/backup.timer`,
    ]);
    const kept = planFor(releaseOf(rest), deployed(), { prune: false });
    expect(kept.links.remove).toEqual([]);
    expect(kept.links.keep).toContain(`${systemdDir}/timers.target.wants/backup.timer`);
  });

  test("hide no unit of the host, and none of somebody else's Quadlet", () => {
    const refused = (state: Partial<{ fragment: string; source: string }>) => () =>
      planFor(releaseOf(files), {
        ...emptyHost,
        services: new Map([["proxy.socket", serviceState("inactive", "", state)]]),
      });
    expect(refused({ fragment: "/usr/lib/systemd/system/proxy.socket" })).toThrow(
      "the host has a unit of this name, /usr/lib/systemd/system/proxy.socket, which ours would hide",
    );
    expect(refused({ source: "/etc/containers/systemd/proxy.container" })).toThrow(
      "makes a service of this name already",
    );
    expect(refused({ fragment: `${systemdDir}/proxy.socket` })).not.toThrow();
  });

  test("may take the place of a Quadlet unit of this app, and the other way round", () => {
    const [one, other] = [
      releaseOf({ "a.container": "[Container]\nImage=r.io/x:1\n" }),
      releaseOf({
        "systemd/a.service": "[Service]\nExecStart=/bin/x\n[Install]\nWantedBy=default.target\n",
      }),
    ];
    const at = (release: typeof one, state: Partial<{ fragment: string; source: string }>) => ({
      ...hostWith(release),
      services: new Map([["a.service", serviceState("active", "running", state)]]),
    });
    const toPlain = planFor(
      other,
      at(one, {
        fragment: "/run/systemd/generator/a.service",
        source: "/etc/containers/systemd/a.container",
      }),
    );
    expect(actions(toPlain)).toEqual(["restart a.service: a.service is new"]);
    const back = planFor(one, at(other, { fragment: `${systemdDir}/a.service` }));
    expect(actions(back)).toEqual(["restart a.service: a.container is new"]);
  });
});
