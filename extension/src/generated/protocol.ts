// Generated from crates/protocol by its test `typescript`; not edited by hand.

export const PROTOCOL_VERSION = 1;
export const HEARTBEAT_SECONDS = 20;
export const GRACE_SECONDS = 30;
export const ADAPTER_SCHEMA = 1;
export const CLOSE_BAD_MESSAGE = 4400;
export const CLOSE_UNPAIRED = 4401;
export const CLOSE_REFUSED = 4403;
export const CLOSE_SUPERSEDED = 4409;
export const CLOSE_VERSION = 4426;
export const CLOSE_GOING_AWAY = 1001;
export const HEADER_BYTES = 22;
export const MAX_PAYLOAD_BYTES = 262144;
export const MAX_UNACKED_BYTES = 8388608;

/**
 * What shows that the page has taken the prompt.
 */
export type AcceptedProof = "composer_empty" | "stop_visible" | "tap_opened";

/**
 * One kind of page.
 */
export type Adapter = { 
/**
 * Version of this format: 1.
 */
schema: number, 
/**
 * Its name, that of the file.
 */
name: string, 
/**
 * What people call the page.
 */
title: string, 
/**
 * Grows with each change.
 */
revision: number, 
/**
 * Which version of the real site it ran against, and when; absent where never.
 */
verified?: Verified, 
/**
 * What the site's terms say about such use, for the owner to read.
 */
terms: string, 
/**
 * Where the site's official API is described, where it has one.
 */
official_api?: string, 
/**
 * Where the chat is and how it is known.
 */
page: Page, 
/**
 * Elements by role: each an ordered list, the first that resolves is taken.
 */
locators: { [key in Role]?: Array<Locator> }, 
/**
 * How text gets into the composer.
 */
composer: Composer, 
/**
 * How a turn is sent.
 */
send: Send, 
/**
 * How a new chat is begun.
 */
new_chat: NewChat, 
/**
 * What the page shows when something is so; any probe of a list suffices.
 */
signals: Signals, 
/**
 * Which of the page's own streams are read.
 */
tap: Array<Tap>, 
/**
 * How they, or the page itself, become text.
 */
answer: DecoderSpec, 
/**
 * Models that the page offers; `default` alone where empty.
 */
models: Array<string>, 
/**
 * Pacing, sizes and deadlines.
 */
limits: Limits, };

/**
 * Payload of a `closed` frame.
 */
export type Closed = { 
/**
 * Whether the stream ended by an error.
 */
failed: boolean, };

/**
 * How text gets into the composer.
 */
export type Composer = { 
/**
 * What kind of field it is.
 */
kind: ComposerKind, };

/**
 * Kinds of composer.
 */
export type ComposerKind = "textarea" | "contenteditable";

/**
 * Which conversation of the page a turn goes to.
 */
export type Conversation = "fresh" | "continue";

/**
 * How the records of a turn become text.
 */
export type DecoderSpec = { "kind": "sse_json" } & SseJsonSpec | { "kind": "sse_patch" } & SsePatchSpec | { "kind": "socketio" } & SocketIoSpec | { "kind": "dom" } & DomSpec;

/**
 * Payload of a `dom` frame.
 */
export type DomRecord = { 
/**
 * Number of the block in the answer.
 */
block: number, 
/**
 * Its HTML.
 */
html: string, 
/**
 * Whether it will not change any more.
 */
closed: boolean, };

/**
 * `dom`: HTML blocks to Markdown.
 */
export type DomSpec = { 
/**
 * CSS selectors of elements that are not part of the answer (buttons, labels); the runner
 * leaves them out.
 */
strip: Array<string>, 
/**
 * A character that the page shows at the end while it writes.
 */
cursor?: string, };

/**
 * Holds when the value at `pointer` equals `equals`, or exists where `equals` is absent.
 */
export type EventFilter = { 
/**
 * JSON pointer into the event.
 */
pointer: string, 
/**
 * The value it must have.
 */
equals?: string | number | boolean | null, };

/**
 * What the gateway says.
 */
export type GatewayMessage = { "type": "challenge", 
/**
 * Protocol version of the gateway.
 */
protocol: number, 
/**
 * Id of the gateway's data folder.
 */
gateway: string, 
/**
 * Random, for one use.
 */
nonce: string, } | { "type": "pairing", 
/**
 * Short fingerprint, also computed by the node.
 */
fingerprint: string, } | { "type": "welcome", 
/**
 * Its id.
 */
node: string, 
/**
 * Grows with each socket of the node; the greatest is in force.
 */
epoch: number, 
/**
 * Milliseconds between heartbeats.
 */
heartbeat_ms: number, 
/**
 * The gateway's version.
 */
version: string, 
/**
 * The sites to serve.
 */
sites: Array<Site>, } | { "type": "refused", 
/**
 * `unpaired`, `bad_proof`, `bad_code`, `rejected`, `expired`, `removed`, `version`.
 */
code: string, 
/**
 * Words for the popup.
 */
message: string, } | { "type": "sites", 
/**
 * All of them.
 */
sites: Array<Site>, } | { "type": "heartbeat" } | { "type": "job" } & Job | { "type": "cancel", 
/**
 * The job.
 */
job: string, } | { "type": "ack", 
/**
 * The job.
 */
job: string, 
/**
 * The last safe chunk.
 */
seq: number, } | { "type": "resumed", 
/**
 * The job.
 */
job: string, 
/**
 * The last safe chunk; 0 where none is.
 */
seq: number, } | { "type": "stop", 
/**
 * The job.
 */
job: string, };

/**
 * One turn for a lane.
 */
export type Job = { 
/**
 * Its id.
 */
job: string, 
/**
 * The lane (a number that the node gave the tab).
 */
lane: number, 
/**
 * The site.
 */
site: string, 
/**
 * What to type.
 */
prompt: string, 
/**
 * Start a new chat, or go on in the page's own.
 */
conversation: Conversation, 
/**
 * Milliseconds until the page must have accepted the prompt.
 */
accept_ms: number, 
/**
 * Milliseconds after which the turn is stopped whatever happens.
 */
total_ms: number, };

/**
 * A bridged tab.
 */
export type Lane = { 
/**
 * The node's number of it.
 */
lane: number, 
/**
 * What it does.
 */
state: LaneState, };

/**
 * What a lane does.
 */
export type LaneState = "idle" | "busy" | "yielded" | "unready";

/**
 * Pacing, sizes and deadlines of a seat.
 */
export type Limits = { 
/**
 * The least milliseconds between two turns of a seat.
 */
min_gap_ms: number, 
/**
 * The most turns of a seat in an hour; 0 for no cap.
 */
per_hour: number, 
/**
 * The longest prompt in characters.
 */
max_prompt_chars: number, 
/**
 * Milliseconds until the first text.
 */
first_token_ms: number, 
/**
 * Milliseconds between two records.
 */
silence_ms: number, 
/**
 * Milliseconds for the whole turn.
 */
total_ms: number, };

/**
 * How an element is found. Exactly one of `css`, `test_id`, `role`, `text`, `placeholder`, `label`.
 */
export type Locator = { 
/**
 * A CSS selector.
 */
css?: string, 
/**
 * The value of `data-testid`.
 */
test_id?: string, 
/**
 * An ARIA role, explicit or of the element; with `name`.
 */
role?: string, 
/**
 * The accessible name that goes with `role`; any of these, in any language.
 */
name: Array<string>, 
/**
 * Text that a button, link or heading shows, whole and without case; any of these.
 */
text: Array<string>, 
/**
 * The placeholder of a field; any of these.
 */
placeholder: Array<string>, 
/**
 * The `aria-label`; any of these.
 */
label: Array<string>, 
/**
 * It must be visible (`true`) or hidden (`false`).
 */
visible?: boolean, 
/**
 * It must be enabled (`true`) or disabled (`false`).
 */
enabled?: boolean, 
/**
 * Take the last match, not the first.
 */
last: boolean, };

/**
 * How a new chat is begun.
 */
export type NewChat = "click" | "navigate";

/**
 * Why a turn failed on the page.
 */
export type NodeFailure = { 
/**
 * Which kind.
 */
class: NodeFailureClass, 
/**
 * Words of ours.
 */
message: string, 
/**
 * The adapter's locator that did not resolve.
 */
locator?: string, 
/**
 * Words of the site.
 */
site_words?: string, };

/**
 * Kinds of failure on a page.
 */
export type NodeFailureClass = "signed_out" | "challenge" | "consent" | "rate_limited" | "moderated" | "page_changed" | "not_started" | "page_error" | "human_busy" | "lane_lost" | "bad_job" | "too_large";

/**
 * What a node says.
 */
export type NodeMessage = { "type": "hello", 
/**
 * Protocol version of the extension.
 */
protocol: number, 
/**
 * The extension's version.
 */
extension: string, 
/**
 * Browser name and version.
 */
browser: string, 
/**
 * What its owner calls it.
 */
label: string, 
/**
 * Public key: uncompressed P-256 point, base64url without padding.
 */
key: string, 
/**
 * ECDSA P-256 SHA-256 over [`crate::pairing::proof_text`], `r || s`, base64url.
 */
signature: string, 
/**
 * A pairing code or fleet key, while not yet paired.
 */
code?: string, } | { "type": "heartbeat" } | { "type": "seats", 
/**
 * Its human paused it.
 */
paused: boolean, 
/**
 * One for each pushed site that has a permission or a tab.
 */
seats: Array<Seat>, } | { "type": "accepted", 
/**
 * The job.
 */
job: string, } | { "type": "done", 
/**
 * The job.
 */
job: string, 
/**
 * Number of the last chunk.
 */
last_seq: number, 
/**
 * Whether it was stopped on our word.
 */
cancelled: boolean, } | { "type": "failed", 
/**
 * The job.
 */
job: string, 
/**
 * Number of the last chunk.
 */
last_seq: number, 
/**
 * Whether the page had taken the prompt.
 */
accepted: boolean, 
/**
 * Why.
 */
failure: NodeFailure, } | { "type": "resume", 
/**
 * The jobs.
 */
jobs: Array<ResumeJob>, };

/**
 * Payload of an `opened` frame.
 */
export type Opened = { 
/**
 * Index of the adapter's tap that matched.
 */
tap: number, 
/**
 * HTTP status, 0 where there is none.
 */
status: number, };

/**
 * Where the chat is.
 */
export type Page = { 
/**
 * Path that opens the chat.
 */
start: string, 
/**
 * Paths (globs) on which the runner never acts.
 */
deny: Array<string>, 
/**
 * Elements of which one must exist, since self-hosted pages have no fixed host.
 */
proof: Array<Locator>, 
/**
 * Whether the page paints answers only while it is visible.
 */
needs_visible: boolean, };

/**
 * Names of a patch's fields.
 */
export type PatchKeys = { 
/**
 * The operation's key.
 */
op: string, 
/**
 * The path's key.
 */
path: string, 
/**
 * The value's key.
 */
value: string, };

/**
 * How a patch is written.
 */
export type PatchLayout = { "keys": PatchKeys } | "positions";

/**
 * One observation. Exactly one of `shown`, `gone`, `url`, `tap_status`.
 */
export type Probe = { 
/**
 * An element is there and visible.
 */
shown?: Target, 
/**
 * An element is not there or not visible.
 */
gone?: Target, 
/**
 * The page's path matches this glob.
 */
url?: string, 
/**
 * A tapped stream was answered with this status.
 */
tap_status?: number, };

/**
 * A job that the node still holds.
 */
export type ResumeJob = { 
/**
 * The job.
 */
job: string, 
/**
 * Whether the page has taken the prompt.
 */
accepted: boolean, 
/**
 * Number of the last chunk made.
 */
last_seq: number, };

/**
 * What an element is for.
 */
export type Role = "composer" | "send" | "stop" | "new_chat" | "new_chat_confirm" | "answer" | "answer_body";

/**
 * A (node, site) pair as the node sees it.
 */
export type Seat = { 
/**
 * The site.
 */
site: string, 
/**
 * What its page shows.
 */
state: SeatState, 
/**
 * Words for the owner, where something is wrong.
 */
detail: string, 
/**
 * Its tabs.
 */
lanes: Array<Lane>, 
/**
 * Models that the page offers; the adapter's fixed list where it has one.
 */
models: Array<string>, };

/**
 * What the page of a seat shows.
 */
export type SeatState = "ready" | "loading" | "no_tab" | "not_permitted" | "signed_out" | "challenge" | "consent" | "error" | "page_changed";

/**
 * How a turn is sent.
 */
export type Send = { 
/**
 * Steps, tried in order until the page has accepted.
 */
by: Array<SendStep>, 
/**
 * Proofs of which one means: accepted.
 */
accepted: Array<AcceptedProof>, 
/**
 * Milliseconds to wait for a proof after each step.
 */
proof_ms: number, };

/**
 * One way to send.
 */
export type SendStep = "click" | "enter" | "ctrl_enter";

/**
 * What the page shows when something is so.
 */
export type Signals = { 
/**
 * The session has ended.
 */
signed_out: Array<Probe>, 
/**
 * A challenge: never touched.
 */
challenge: Array<Probe>, 
/**
 * A consent: never touched.
 */
consent: Array<Probe>, 
/**
 * The site limits its user.
 */
rate_limited: Array<Probe>, 
/**
 * The site refused the prompt.
 */
moderated: Array<Probe>, 
/**
 * An error of the page.
 */
error: Array<Probe>, 
/**
 * The answer is complete: all of these together.
 */
done: Array<Probe>, };

/**
 * A site: an adapter at an origin.
 */
export type Site = { 
/**
 * Its name.
 */
name: string, 
/**
 * Scheme, host, port.
 */
origin: string, 
/**
 * How the page is used.
 */
adapter: Adapter, };

/**
 * An event by its name and its first argument.
 */
export type SocketIoEvent = { 
/**
 * The event's name.
 */
event: string, 
/**
 * Conditions on the first argument: all of them.
 */
only: Array<EventFilter>, };

/**
 * `socketio`: Engine.IO packets with Socket.IO events `["name", argument...]`.
 */
export type SocketIoSpec = { 
/**
 * What comes before any of these is not of the turn: pages say hello over the same socket.
 * Everything counts where empty.
 */
begin: Array<SocketIoEvent>, 
/**
 * Where the text is.
 */
text: Array<SocketIoText>, 
/**
 * Pointer to what tells the messages of one turn apart; one message where absent. Texts of
 * several are kept apart by an empty line.
 */
message_id?: string, 
/**
 * Any of these ends the answer.
 */
done: Array<SocketIoEvent>, 
/**
 * Any of these is a failure.
 */
error: Array<SocketIoEvent>, 
/**
 * Pointers to the failure's words in the first argument.
 */
error_message: Array<string>, };

/**
 * An event that carries text in its first argument.
 */
export type SocketIoText = { 
/**
 * The event's name.
 */
event: string, 
/**
 * Conditions on the first argument: all of them.
 */
only: Array<EventFilter>, 
/**
 * Pointer to the text.
 */
pointer: string, 
/**
 * Delta or cumulative, within its message.
 */
mode: TextMode, 
/**
 * Whether it counts only for a message that an event without `follows` has brought up.
 */
follows: boolean, };

/**
 * `sse_json`.
 */
export type SseJsonSpec = { 
/**
 * Events that carry text; all where empty.
 */
only: Array<EventFilter>, 
/**
 * Pointers to text, first match wins.
 */
text: Array<string>, 
/**
 * Pointers to reasoning.
 */
reasoning: Array<string>, 
/**
 * Delta or cumulative.
 */
mode: TextMode, 
/**
 * Any of these ends the answer.
 */
done: Array<EventFilter>, 
/**
 * Data that is not JSON and ends the answer (`[DONE]`).
 */
done_data?: string, 
/**
 * Any of these is a failure.
 */
error: Array<EventFilter>, 
/**
 * Pointers to the failure's words.
 */
error_message: Array<string>, };

/**
 * `sse_patch`: a document that events replace and patch; the answer is text in it.
 */
export type SsePatchSpec = { 
/**
 * Events that carry patches; all where empty.
 */
only: Array<EventFilter>, 
/**
 * Pointer to the list of patches in an event; the event itself where empty.
 */
patches: string, 
/**
 * Pointer to what tells documents apart, where a stream carries several; one where absent.
 */
document_key?: string, 
/**
 * How a patch is written.
 */
layout: PatchLayout, 
/**
 * Paths in the document that hold answer text; `*` stands for any one step, `-1` for the last.
 */
text: Array<string>, 
/**
 * Paths that hold reasoning.
 */
reasoning: Array<string>, 
/**
 * Any of these ends the answer.
 */
done: Array<EventFilter>, 
/**
 * Data that is not JSON and ends the answer.
 */
done_data?: string, 
/**
 * Any of these is a failure.
 */
error: Array<EventFilter>, 
/**
 * Pointers to the failure's words.
 */
error_message: Array<string>, };

/**
 * One of the page's own streams.
 */
export type Tap = { 
/**
 * How the page opens it.
 */
transport: Transport, 
/**
 * The path, as a glob (`*` within a step, `**` over steps); the query does not count.
 */
path: string, 
/**
 * The method, where it matters.
 */
method?: string, 
/**
 * Whether it was already open before the turn (a socket that lives as long as the page).
 */
standing: boolean, };

/**
 * An element by its role or by a locator of its own.
 */
export type Target = Role | Locator;

/**
 * Whether a text field brings what is new or all so far.
 */
export type TextMode = "delta" | "cumulative";

/**
 * How the page opens a stream.
 */
export type Transport = "fetch" | "xhr" | "eventsource" | "websocket";

/**
 * A run against the real site.
 */
export type Verified = { 
/**
 * The site's version.
 */
version: string, 
/**
 * The day, `YYYY-MM-DD`.
 */
date: string, };
