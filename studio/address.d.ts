/** A room's settings by name, as text; `model` means the same in every room. */
export type Settings = Readonly<Record<string, string>>;
/** The room's name in the address, or an empty string. */
export declare const roomName: import('@preact/signals-core').ReadonlySignal<string>;
/** The settings in the address. */
export declare const settings: import('@preact/signals-core').ReadonlySignal<
  Readonly<Record<string, string>>
>;
/** A room's last settings; empty if it hasn't been visited. */
export declare function lastSettings(room: string): Settings;
/** The link to a room with these settings: `#/draw?seed=3`. */
export declare function linkTo(room: string, chosen?: Settings): string;
/** Changes the open room's settings without adding to the browser's history. */
export declare function changeSettings(changes: Settings): void;
/** Opens a room without adding to the browser's history. */
export declare function enter(room: string): void;
