import { describe, expect, test } from "vitest";
import {
  actions,
  changes,
  emptyHost,
  hostWith,
  planFor,
  quadletDir,
  releaseOf,
} from "./support.js";

const web = "[Container]\nImage=r.io/x:1\nVolume=./conf:/etc/shop:ro\nEnvironmentFile=./web.env\n";
const files = {
  "web.container": web,
  "db.container": "[Container]\nImage=r.io/db:1\n",
  "conf/a.conf": "a",
  "conf/deep/b.conf": "b",
  "web.env": "A=1\n",
};
const links = ["conf", "db.container", "web.container", "web.env"];
const deployed = () => hostWith(releaseOf(files));

describe("files that units use", () => {
  test("are reached through one link for each folder: a container that mounts it sees files", () => {
    const planned = planFor(releaseOf(files), emptyHost);
    expect(planned.links.add.map(({ path }) => path)).toEqual(
      links.map((path) => `${quadletDir}/${path}`),
    );
    expect(planned.links.add[0]?.target).toBe("../quadlet-deploy/shop/current/conf");
    expect(planned.links.add[3]?.target).toBe("../quadlet-deploy/shop/current/web.env");
  });

  test("that are as they were need no deploy", () => {
    const planned = planFor(releaseOf(files), deployed());
    expect([planned.change, planned.links.add, planned.links.remove]).toEqual(["none", [], []]);
    expect(planned.links.keep.toSorted()).toEqual(
      [".env", ...links].map((path) => `${quadletDir}/${path}`),
    );
  });

  test.each([
    ["conf/deep/b.conf", "~ conf/deep/b.conf", "conf/deep/b.conf was changed"],
    ["web.env", "~ web.env", "web.env was changed"],
  ])("%s: a change of it restarts the service that uses it, and no other", (path, change, why) => {
    const planned = planFor(releaseOf({ ...files, [path]: "new" }), deployed());
    expect(changes(planned)).toContain(change);
    expect(actions(planned).filter((one) => !one.startsWith("keep"))).toEqual([
      `restart web.service: ${why}`,
    ]);
    expect(planned.links.add).toEqual([]);
  });

  test("that leave the release restart it too, and the folder's link goes with the last", () => {
    const { "conf/deep/b.conf": _, ...rest } = files;
    const fewer = planFor(releaseOf(rest), deployed());
    expect(actions(fewer)).toContain("restart web.service: conf/deep/b.conf was removed");
    expect(fewer.links.remove).toEqual([]);
    const none = planFor(releaseOf({ "db.container": files["db.container"] }), deployed());
    expect(none.links.remove.toSorted()).toEqual(
      ["conf", "web.container", "web.env"].map((path) => `${quadletDir}/${path}`),
    );
  });

  test("do not go where others have a folder", () => {
    const entries = new Map([[`${quadletDir}/conf/theirs.conf`, {}]]);
    for (const adopt of [false, true]) {
      expect(() => planFor(releaseOf(files), { ...emptyHost, entries }, { adopt })).toThrow(
        `${quadletDir}/conf: a folder that this app did not put there is in the way`,
      );
    }
  });
});

test("an instance restarts for its template's drop-in", () => {
  const set = {
    "w@.container": web,
    "w@a.container": web,
    "w@.container.d/a.conf": "[Container]\nPidsLimit=1\n",
  };
  const planned = planFor(
    releaseOf({ ...set, "w@.container.d/a.conf": "[Container]\nPidsLimit=2\n" }),
    hostWith(releaseOf(set)),
  );
  expect(actions(planned)).toContain("restart w@a.service: w@.container.d/a.conf was changed");
});
