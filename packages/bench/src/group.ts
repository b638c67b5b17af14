export type Group = "zygo" | "peer";
