import { expect, test } from "vitest";
import { chooseRelease } from "../../../src/plan/history.js";
import { messagesOf } from "../settings/support.js";

const [first, second, third] = [
  "20260101T000000Z-ffffffff",
  "20260102T000000Z-00000000",
  "20260103T000000Z-88888888",
] as const;
const adopted = ["adopted", "adopted-20260102T000000"] as const;

test.each<[string, string | undefined, readonly string[], string | undefined, string]>([
  ["the newest that is older", undefined, [second, third, first], third, second],
  ["not one that is newer", undefined, [first, second, third], second, first],
  ["where the current is gone, by its name", undefined, [first, third], second, first],
  ["what was adopted is older than any", undefined, ["adopted", first], first, "adopted"],
  ["and is not chosen before a release", undefined, ["adopted", first, second], second, first],
  ["of what was adopted, the later", undefined, [...adopted, third], third, adopted[1]],
  ["and before that the first", undefined, [...adopted, third], adopted[1], "adopted"],
  ["the one that is named", first, [first, second, third], third, first],
  ["a newer one, where that is named", third, [first, second, third], first, third],
  ["the current one, where that is named", third, [first, third], third, third],
])("%s", (_, to, releases, current, expected) => {
  expect(chooseRelease(to, { host: "web", releases, ...(current ? { current } : {}) })).toBe(
    expected,
  );
});

test.each<[string | undefined, readonly string[], string | undefined, string]>([
  [
    undefined,
    [],
    undefined,
    "web: plan: rollback: the host keeps no release older than the first. Deploy first.",
  ],
  [
    undefined,
    [first, second],
    first,
    `web: plan: rollback: the host keeps no release older than ${first}. It keeps ${second}, ${first} (current).`,
  ],
  [
    "x",
    [first],
    first,
    `web: plan: x: the host keeps no such release. It keeps ${first} (current).`,
  ],
])("none: %s of %j", (to, releases, current, message) => {
  expect(
    messagesOf(() => chooseRelease(to, { host: "web", releases, ...(current ? { current } : {}) })),
  ).toEqual([message]);
});
