import { describe, expect, test } from "vitest";
import type { Facts } from "../../../src/plan/facts.js";
import type { Goal } from "../../../src/plan/plan.js";
import { movedServices } from "../../../src/plan/preview.js";
import { actions, hostWith, planFor, releaseOf, serviceState } from "./support.js";

const files = {
  "db.container": "[Container]\nImage=r/db:1\nSecret=db_password\n",
  "web.container": "[Unit]\nRequires=db.service\n[Container]\nImage=r/web:1\nNetwork=n.network\n",
  "other.container": "[Container]\nImage=r/other:1\n",
  "n.network": "[Network]\nInternal=true\n",
};
const release = releaseOf(files);

const moves = (
  changed: Record<string, string>,
  more: Partial<Facts> = {},
  goal: Partial<Goal> = {},
) => planFor(releaseOf({ ...files, ...changed }), hostWith(release, more), goal);
const acting = (planned: ReturnType<typeof moves>) =>
  actions(planned).filter((one) => !one.startsWith("keep"));

describe("restart", () => {
  const edit = { "db.container": `${files["db.container"]}HostName=x\n` };

  test("changed: what changed, and what requires it", () => {
    expect(acting(moves(edit))).toEqual([
      "restart db.service: db.container was changed",
      "restart web.service: db.service restarts, which it requires",
    ]);
  });

  test("all: everything that runs, but for what Podman makes once", () => {
    expect(acting(moves({}, {}, { restart: "all" }))).toEqual([
      "restart db.service: all are to restart",
      "restart other.service: all are to restart",
      "restart web.service: all are to restart",
    ]);
  });

  test("none: what changed goes on, and is remembered and said", () => {
    const planned = moves(edit, {}, { restart: "none" });
    expect(acting(planned)).toEqual([]);
    expect([...planned.pending]).toEqual([["db.service", "db.container was changed"]]);
    expect(planned.warnings).toEqual([
      "db.service goes on as it is (restart: none), though db.container was changed",
    ]);
  });

  test("none: what is new starts all the same", () => {
    const planned = moves({ "new.container": "[Container]\nImage=x\n" }, {}, { restart: "none" });
    expect(acting(planned)).toEqual(["start new.service: new.container is new"]);
  });

  test("what did not restart then restarts with the next deploy", () => {
    const pending = new Map([["other.service", "other.container was changed"]]);
    const planned = moves({}, { pending });
    expect(acting(planned)).toEqual([
      "restart other.service: it did not restart then: other.container was changed",
    ]);
    expect(planned.pending.size).toBe(0);
  });
});

describe("a Podman secret", () => {
  const since = (seconds: number) => ({
    services: new Map(
      ["db.service", "web.service", "other.service", "n-network.service"].map((name) => [
        name,
        serviceState("active", "running", { since: seconds }),
      ]),
    ),
  });

  test("that was changed since its service started restarts it", () => {
    const planned = moves({}, { ...since(100), secrets: new Map([["db_password", 101]]) });
    expect(acting(planned)[0]).toBe(
      "restart db.service: the secret db_password was changed since it started",
    );
  });

  test.each([
    ["older", 100],
    ["unknown", undefined],
  ])("that is %s does not", (_, changed) => {
    const secrets = new Map(changed === undefined ? [] : [["db_password", changed]]);
    expect(acting(moves({}, { ...since(100), secrets }))).toEqual([]);
  });
});

describe("a network's definition", () => {
  const edit = { "n.network": "[Network]\nInternal=false\n" };

  test("is not changed in place: said, with the way out", () => {
    const planned = moves(edit);
    expect(acting(planned)).toEqual([]);
    expect(planned.warnings).toEqual([
      "n.network changed, and Podman does not change a network that exists: `recreate-networks: true` removes it and makes it anew, while its services stop",
    ]);
    expect(planned.recreate).toEqual([]);
  });

  test("is made anew where that is asked for, with what is attached", () => {
    const planned = moves(edit, {}, { recreateNetworks: true });
    expect(acting(planned)).toEqual([
      "restart n-network.service: n.network was changed; it is made anew",
      "restart web.service: n-network.service restarts, which it requires",
    ]);
    expect(planned.recreate).toEqual([{ service: "n-network.service", network: "systemd-n" }]);
    expect(planned.warnings).toEqual([]);
  });

  test("a volume is never removed", () => {
    const with_ = (more: string) => ({ ...files, "d.volume": `[Volume]\n${more}` });
    const planned = planFor(releaseOf(with_("Copy=false\n")), hostWith(releaseOf(with_(""))), {
      recreateNetworks: true,
    });
    expect(acting(planned)).toEqual([]);
    expect(planned.warnings[0]).toMatch(/^d\.volume changed, and .* a volume holds data/);
  });
});

test("an image that moved under its name restarts its service, and what requires it", () => {
  const image = { image: "r/db:1", moves: true };
  const moved = movedServices({
    images: [
      { ...image, service: "db.service" },
      { ...image, service: "other.service", moves: false },
    ],
    complaints: [],
    verified: [],
  });
  expect(acting(moves({}, {}, { moved }))).toEqual([
    "restart db.service: its tag names a new image",
    "restart web.service: db.service restarts, which it requires",
  ]);
});
