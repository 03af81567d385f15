// Generated from crates/protocol by its test `typescript`; not edited by hand.

export const PROTOCOL_VERSION = 1;
export const HEARTBEAT_SECONDS = 20;
export const GRACE_SECONDS = 60;
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
export const MAX_RECORD_BYTES = 10485760;

/**
 * One such ability. What a seat's own report tells (`harvests`, `after`) needs none.
 */
export type Ability = "places" | "reread" | "reload_idle" | "page_tools";

/**
 * What shows that the page has taken the prompt.
 */
export type AcceptedProof = "composer_empty" | "stop_visible" | "tap_opened" | "url_changed" | "answer_appeared";

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
 * Whether each new chat is made a temporary one first: the switch is pressed and seen to be on,
 * or the turn fails before anything is typed.
 */
temporary_chat: boolean, 
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
 * Models that the page offers, and how one is chosen.
 */
models: Models, 
/**
 * Ways of the page to answer that are models of their own: battle, side by side.
 */
modes?: Array<Mode>, 
/**
 * Settings that the page offers.
 */
parameters?: { [key in Parameter]?: Control }, 
/**
 * The page's own dialog for tools; they are put into words where absent.
 */
tools?: PageTools, 
/**
 * How files and pictures get into the page; none can where absent.
 */
files?: Files, 
/**
 * Pictures, videos and files in an answer: fetched in the page.
 */
media?: Array<Media>, 
/**
 * What may cover the page and may be closed. Never a consent, terms or a challenge.
 */
overlays?: Array<Overlay>, 
/**
 * Pacing, sizes and deadlines.
 */
limits: Limits, 
/**
 * What must be found on a page at rest.
 */
self_test: SelfTest, };

/**
 * How a page's stream writes the arguments of a call.
 */
export type ArgumentsForm = "json" | "struct";

/**
 * A call of a function in a record.
 */
export type CallRule = { 
/**
 * The record's name, where it matters.
 */
event?: string, 
/**
 * Conditions on the record: all of them.
 */
only: Array<Condition>, 
/**
 * Path to the items that are calls: `*` stands for any one step, `-1` for the last; the
 * record itself where empty.
 */
each: string, 
/**
 * Conditions on an item: all of them.
 */
each_only: Array<Condition>, 
/**
 * Pointer to the function's name within the item.
 */
name: string, 
/**
 * Pointer to its arguments within the item.
 */
arguments: string, 
/**
 * How the arguments are written.
 */
form: ArgumentsForm, };

/**
 * Something that a model can take or give.
 */
export type Capability = "text" | "vision" | "files" | "image_out" | "video_out" | "search" | "thinking";

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
kind: ComposerKind, 
/**
 * An attribute of an element around the composer that repeats the text, which some pages lay
 * it out by.
 */
mirror_attribute?: string, 
/**
 * What becomes of a prompt above `limits.max_prompt_chars`.
 */
long_prompt: LongPrompt, };

/**
 * Kinds of composer.
 */
export type ComposerKind = "textarea" | "contenteditable" | "prosemirror" | "lexical" | "quill";

/**
 * What must hold in a record, or must not where `not` is set. Without `equals`, `length` and `at_least`: there is a value at
 * `pointer`, and it is not null.
 */
export type Condition = { 
/**
 * JSON pointer into the record.
 */
pointer: string, 
/**
 * The value that must be there.
 */
equals?: string | number | boolean | null, 
/**
 * The length of the list that must be there, in elements.
 */
length?: number, 
/**
 * The least length of the list that must be there, in elements.
 */
at_least?: number, 
/**
 * Whether it must not hold.
 */
not?: boolean, };

/**
 * The control of the page for a setting.
 */
export type Control = { 
/**
 * What kind of control it is.
 */
kind: ControlKind, 
/**
 * The control.
 */
at: Array<Locator>, 
/**
 * What must be clicked first to see it.
 */
open?: Array<Locator>, 
/**
 * The page's word for a value of the API, where it differs: `high = "Deep thinking"`. For a
 * toggle: `on` or `off`.
 */
values?: { [key in string]: string }, };

/**
 * Kinds of control.
 */
export type ControlKind = "number" | "slider" | "text" | "chips" | "toggle" | "select";

/**
 * Which conversation of the page a turn goes to.
 */
export type Conversation = "fresh" | "continue";

/**
 * How the records of a turn become text.
 */
export type DecoderSpec = { "kind": "records" } & RecordsSpec | { "kind": "patches" } & PatchesSpec | { "kind": "dom" } & DomSpec;

/**
 * What a page shows, without a word of its contents but those of its signals.
 */
export type Diagnosis = { 
/**
 * Number of the question, or the job that fails.
 */
about: string, 
/**
 * The site.
 */
site: string, 
/**
 * The page's path, without query.
 */
path: string, 
/**
 * What the page is good for.
 */
state: SeatState, 
/**
 * Words for the owner.
 */
detail: string, 
/**
 * Each role of the adapter, and `proof`.
 */
locators: Array<FoundLocator>, 
/**
 * Each signal of the adapter that holds now.
 */
signals: Array<FoundSignal>, 
/**
 * Boxes of the page as an SVG without its texts, the found elements marked by their roles.
 */
sketch: string, };

/**
 * Text in a document.
 */
export type DocumentText = { 
/**
 * Conditions on the document: all of them.
 */
only: Array<Condition>, 
/**
 * Path to the items that hold the text: `*` stands for any one step, `-1` for the last; the
 * document itself where empty.
 */
each: string, 
/**
 * Conditions on an item: all of them.
 */
each_only: Array<Condition>, 
/**
 * Pointer to the text within the item; the item itself where empty.
 */
pointer: string, 
/**
 * What the text is.
 */
as: TextAs, 
/**
 * Which answer of several it belongs to, 0 or 1.
 */
choice: number, };

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
closed: boolean, 
/**
 * Whether it is of the reasoning, whose blocks have numbers of their own.
 */
thought?: boolean, 
/**
 * Which answer of several, from 0.
 */
choice?: number, };

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
 * CSS selectors of icons whose text is their name (`home`, `content_copy`); the runner leaves
 * them out. Those of Material are known.
 */
icons: Array<string>, 
/**
 * What the page shows at the end of the text while it writes.
 */
cursor?: string, 
/**
 * CSS selector of what names the language above a block of code, where no class does; it goes
 * from the text to the fence.
 */
code_label?: string, 
/**
 * CSS selector of the elements whose children are the blocks, where the page puts an answer
 * together from several.
 */
blocks?: string, };

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
 * One way for a file.
 */
export type FileWay = "input" | "drop" | "paste";

/**
 * How files get into a page.
 */
export type Files = { 
/**
 * Ways, tried in order until the page shows the file.
 */
by: Array<FileWay>, 
/**
 * Media types that the page takes (`image/*`, `application/pdf`); any where empty.
 */
accept: Array<string>, 
/**
 * The most files of one prompt.
 */
max_count: number, 
/**
 * The largest file, in bytes.
 */
max_bytes: number, 
/**
 * Milliseconds in which the page must have taken a file.
 */
wait_ms: number, };

/**
 * A word of the site that says why an answer has ended. Other words do not end it.
 */
export type FinishRule = { 
/**
 * The record's name, where it matters.
 */
event?: string, 
/**
 * Pointer to the word.
 */
pointer: string, 
/**
 * Which answer of several it ends, 0 or 1.
 */
choice: number, 
/**
 * Words that mean: the model was done.
 */
stop: Array<string>, 
/**
 * Words that mean: the output limit was reached.
 */
length: Array<string>, 
/**
 * Words that mean: the site's filter stepped in.
 */
content_filter: Array<string>, };

/**
 * What a role's locators found.
 */
export type FoundLocator = { 
/**
 * The role, or `proof`.
 */
role: string, 
/**
 * Which locator of the list resolved, from 0; none where absent.
 */
locator?: number, 
/**
 * How many elements it found.
 */
count: number, 
/**
 * Whether the one that is taken is visible.
 */
visible: boolean, 
/**
 * Whether it is enabled.
 */
enabled: boolean, 
/**
 * The element in short: tag, id, test id, role; no text.
 */
element: string, };

/**
 * A signal that holds.
 */
export type FoundSignal = { 
/**
 * Its name.
 */
signal: string, 
/**
 * Which probe of its list, from 0.
 */
probe: number, 
/**
 * Words that the element shows.
 */
words: string, };

/**
 * How a stream is cut into records.
 */
export type Framing = "sse" | "lines" | "prefix_lines" | "messages" | "whole" | "array" | "frames" | "socketio";

/**
 * What the gateway says. Where words or fields came after the first version, an [`Ability`] or the
 * node's own report says that they are understood.
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
nonce: string, 
/**
 * What the gateway understands. One that does not name any takes no hello that does.
 */
abilities?: Array<Ability>, } | { "type": "pairing", 
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
 * Version of the extension that the gateway carries.
 */
extension_version: string, 
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
sites: Array<Site>, } | { "type": "heartbeat" } | { "type": "job" } & Job | { "type": "harvest" } & Harvest | { "type": "cancel", 
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
job: string, } | { "type": "diagnose", 
/**
 * Number of the question.
 */
request: string, 
/**
 * The site.
 */
site: string, 
/**
 * The tab to look at; the one that serves best where absent.
 */
lane?: number, 
/**
 * An adapter to look with in place of the site's own (a draft).
 */
adapter?: Adapter, 
/**
 * Milliseconds to look again for, while something of the adapter's self-test is missing.
 */
wait_ms?: number, } | { "type": "taught" } & LessonReport | { "type": "locate", 
/**
 * Number of the question.
 */
request: string, 
/**
 * The site.
 */
site: string, 
/**
 * The tab; the one that serves best where absent.
 */
lane?: number, } | { "type": "pinned", 
/**
 * Words for the popup.
 */
words: string, } | { "type": "reread", 
/**
 * Number of the question.
 */
request: string, 
/**
 * Of this site alone; of all where absent.
 */
site?: string, } | { "type": "reload_idle", 
/**
 * The site.
 */
site: string, 
/**
 * The tab.
 */
lane: number, 
/**
 * Milliseconds for which nobody may have touched it.
 */
idle_ms: number, };

/**
 * The answer of a turn whose page was lost after it had taken the prompt: the conversation is opened
 * again and read. It has an id of its own, by which its records and its end are told like a turn's.
 */
export type Harvest = { 
/**
 * Its id.
 */
job: string, 
/**
 * The turn that was lost.
 */
of: string, 
/**
 * The lane to open the conversation in.
 */
lane: number, 
/**
 * The site.
 */
site: string, 
/**
 * Milliseconds until the page must show the answer.
 */
accept_ms: number, 
/**
 * Milliseconds after which it is given up.
 */
total_ms: number, };

/**
 * Records within records.
 */
export type Inner = { 
/**
 * Path to the parts: `*` stands for any one step, `-1` for the last; the record itself where
 * empty.
 */
each: string, 
/**
 * Conditions on a part: all of them.
 */
each_only: Array<Condition>, 
/**
 * Pointer within a part to a string that holds a record as JSON; the part itself is the
 * record where absent.
 */
json?: string, };

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
 * With `continue`: the turn after which the page must still stand; nothing is typed where it
 * does not.
 */
after?: string, 
/**
 * Path and query of the conversation to go on with, which the tab opens and must then show.
 */
place?: string, 
/**
 * The model to choose, as the seat reported it; the page's own choice stands where absent.
 */
model?: string, 
/**
 * The adapter's mode to open, by name.
 */
mode?: string, 
/**
 * Settings that the page offers, in the API's words; several texts for `stop`.
 */
settings: { [key in Parameter]?: Array<string> }, 
/**
 * Declarations of functions for the page's own dialog, as JSON; what the page had is put back
 * where absent.
 */
tools?: string, 
/**
 * Files to add to the prompt; their bytes came before, in `file` frames.
 */
files: Array<JobFile>, 
/**
 * Milliseconds until the page must have accepted the prompt.
 */
accept_ms: number, 
/**
 * Milliseconds after which the turn is stopped whatever happens.
 */
total_ms: number, };

/**
 * A file of a turn.
 */
export type JobFile = { 
/**
 * Its name.
 */
name: string, 
/**
 * Its media type.
 */
mime: string, 
/**
 * Its size in bytes.
 */
size: number, };

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
state: LaneState, 
/**
 * The turn that ended last in the page, where nobody has touched the page since.
 */
after?: string, };

/**
 * What a lane does.
 */
export type LaneState = "idle" | "busy" | "yielded" | "unready";

/**
 * One turn that a person did by hand while the node looked on.
 */
export type Lesson = { 
/**
 * The node's number of it.
 */
lesson: string, 
/**
 * The lane in which it was done.
 */
lane: number, 
/**
 * The page's scheme, host and port.
 */
origin: string, 
/**
 * The page's path when the lesson began.
 */
path: string, 
/**
 * The page's title.
 */
title: string, 
/**
 * What to call the adapter; made from the page's host where empty.
 */
name: string, 
/**
 * The site whose adapter is to be repaired.
 */
repairs?: string, 
/**
 * What was clicked, and what was seen to be Stop: locators that found just that there and then.
 */
locators: { [key in Role]?: Array<Locator> }, 
/**
 * What kind of field the composer is.
 */
composer: ComposerKind, 
/**
 * How the person sent the prompt.
 */
sent_by: SendStep, 
/**
 * What the page did.
 */
seen: Seen, 
/**
 * What was asked.
 */
prompt: string, 
/**
 * The answer's text as the page shows it.
 */
answer: string, 
/**
 * What the page's own streams brought.
 */
streams: Array<SeenStream>, };

/**
 * One thing that was understood.
 */
export type LessonLine = { 
/**
 * What: `composer`, `stream`, `first text`.
 */
what: string, 
/**
 * How it is found or what it was.
 */
found: string, };

/**
 * What the gateway made of a lesson.
 */
export type LessonReport = { 
/**
 * The node's number of it.
 */
lesson: string, 
/**
 * How far it has come.
 */
state: LessonState, 
/**
 * What was understood, line by line.
 */
lines: Array<LessonLine>, 
/**
 * Words for the person.
 */
words: string, };

/**
 * How far a lesson has come.
 */
export type LessonState = "trying" | "understood" | "failed" | "saved";

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
 * Hours in which a seat takes no turn, `HH:MM-HH:MM` where the gateway runs.
 */
quiet: Array<string>, 
/**
 * Quotas that end apart from that of text.
 */
quotas: Array<Quota>, 
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
total_ms: number, 
/**
 * Milliseconds that a seat rests after a limit whose end the site does not say.
 */
cool_down_ms: number, 
/**
 * Turns after which the page is opened anew; 0 for never.
 */
reopen_after: number, };

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
 * It lies within this element.
 */
within?: Target, 
/**
 * It lies in the frame of the same origin that this CSS selector finds.
 */
frame?: string, 
/**
 * Take the last match, not the first.
 */
last: boolean, };

/**
 * What becomes of a prompt that is longer than the page takes.
 */
export type LongPrompt = "refuse" | "attach";

/**
 * Media in an answer.
 */
export type Media = { 
/**
 * What it is.
 */
kind: MediaKind, 
/**
 * Where it is, within an answer.
 */
at: Locator, 
/**
 * The attribute that holds its address.
 */
attribute: string, };

/**
 * A picture, video or file of an answer.
 */
export type MediaHead = { 
/**
 * Its media type, as the page got it.
 */
mime: string, 
/**
 * Its name or description; may be empty.
 */
name: string, 
/**
 * Its size in bytes.
 */
size: number, 
/**
 * Which answer of several, from 0.
 */
choice: number, 
/**
 * Its address, where the page may show it and not read it: it has no bytes then.
 */
unread?: string, };

/**
 * Kinds of media.
 */
export type MediaKind = "image" | "video" | "audio" | "file";

/**
 * A way of the page to answer that is a model of its own.
 */
export type Mode = { 
/**
 * Its name as a model: `battle`. With `sides`, `battle@a` and `battle@b` give one side alone.
 */
name: string, 
/**
 * Path that opens it.
 */
start: string, 
/**
 * How many answers it gives to a prompt: 1 or 2.
 */
sides: number, 
/**
 * Whether a model is chosen in it as usual (`battle` chooses its own).
 */
select: boolean, };

/**
 * JSON in the page's own text that lists models.
 */
export type ModelData = { 
/**
 * CSS selector of the element (a script) that holds it.
 */
css: string, 
/**
 * JSON pointer to the list; the document itself where empty.
 */
list: string, 
/**
 * JSON pointer to a model's name within its entry; the entry itself where empty.
 */
id: string, 
/**
 * JSON pointer to what the page's menu shows for it; the name where absent.
 */
label?: string, 
/**
 * Where its entry tells what it can take and give; any of a list suffices.
 */
capabilities?: { [key in Capability]?: Array<Sign> }, };

/**
 * Where in a JSON document the models are.
 */
export type ModelList = { 
/**
 * JSON pointer to the list; the document itself where empty.
 */
list: string, 
/**
 * JSON pointer to a model's name within its entry; the entry itself where empty.
 */
id: string, 
/**
 * JSON pointer to what the page's menu shows for it; the name where absent.
 */
label?: string, 
/**
 * Where its entry tells what it can take and give; any of a list suffices.
 */
capabilities?: { [key in Capability]?: Array<Sign> }, };

/**
 * How a model is chosen.
 */
export type ModelSelect = { "kind": "menu" } | { "kind": "query", 
/**
 * The parameter.
 */
parameter: string, };

/**
 * Where a page tells its models.
 */
export type ModelSource = { "kind": "menu" } | { "kind": "tap" } & ModelList | { "kind": "page_data" } & ModelData;

/**
 * Models that a page offers.
 */
export type Models = { 
/**
 * Known ones; `default` alone where this is empty and nothing else tells.
 */
names: Array<string>, 
/**
 * Where the page itself tells them.
 */
source?: ModelSource, 
/**
 * How one is chosen; the page's own choice stands where absent.
 */
select?: ModelSelect, 
/**
 * What every model can take and give, where neither `of` nor the page says; told by the page's
 * files, media and settings where absent.
 */
capabilities?: Array<Capability>, 
/**
 * The same for one model, by its name.
 */
of: { [key in string]: Array<Capability> }, };

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
export type NodeFailureClass = "signed_out" | "challenge" | "consent" | "rate_limited" | "quota" | "maintenance" | "moderated" | "page_changed" | "not_started" | "page_error" | "human_busy" | "lane_lost" | "bad_job" | "too_large" | "file_refused" | "choice_refused" | "tools_refused" | "conversation_lost" | "answer_lost";

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
code?: string, 
/**
 * What the extension understands.
 */
abilities?: Array<Ability>, } | { "type": "heartbeat" } | { "type": "seats", 
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
jobs: Array<ResumeJob>, } | { "type": "diagnosis" } & Diagnosis | { "type": "located", 
/**
 * Number of the question.
 */
request: string, 
/**
 * Path and query that the tab shows; none where there is no such tab.
 */
address?: string, } | { "type": "pin", 
/**
 * The site.
 */
site: string, 
/**
 * The model's name there.
 */
model: string, 
/**
 * Path and query.
 */
address: string, } | { "type": "reread", 
/**
 * Number of the question.
 */
request: string, 
/**
 * Sites whose pages told their models.
 */
read: Array<string>, 
/**
 * Sites that have a page, and what kept it from telling: its human or a turn uses it.
 */
busy: Array<string>, } | { "type": "teach" } & Lesson | { "type": "keep_lesson", 
/**
 * The lesson.
 */
lesson: string, } | { "type": "end_lesson", 
/**
 * The lesson.
 */
lesson: string, };

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
 * What may cover the page and may be closed.
 */
export type Overlay = { 
/**
 * What shows that it is there.
 */
shown: Locator, 
/**
 * What closes it: a button of the overlay that agrees to nothing.
 */
close: Locator, };

/**
 * Where the chat is.
 */
export type Page = { 
/**
 * Path that opens the chat.
 */
start: string, 
/**
 * Origins of the public site, newest first, where there is one; people host it where empty.
 */
origins: Array<string>, 
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
 * The page's own dialog for the client's tools: switched on, opened, filled with their
 * declarations as JSON, saved. A turn without tools puts back what the page had. `answer.call`
 * reads what its model calls.
 */
export type PageTools = { 
/**
 * What must be clicked first to see the switch.
 */
open: Array<Locator>, 
/**
 * The switch that lets the model call functions; it tells whether it is on.
 */
toggle: Array<Locator>, 
/**
 * The button that opens the dialog.
 */
edit: Array<Locator>, 
/**
 * What must be clicked in the dialog to see the editor.
 */
tab: Array<Locator>, 
/**
 * The field of the dialog that takes the declarations.
 */
editor: Array<Locator>, 
/**
 * The button that takes them; the dialog then goes.
 */
save: Array<Locator>, 
/**
 * The button that closes the dialog without that.
 */
close: Array<Locator>, 
/**
 * What the dialog shows where it does not take them.
 */
error: Array<Locator>, 
/**
 * Keywords of JSON Schema that the dialog knows; others are left out of the declarations.
 * Any where empty.
 */
keywords: Array<string>, };

/**
 * A setting of the API that a page may offer.
 */
export type Parameter = "temperature" | "max_tokens" | "top_p" | "stop" | "thinking" | "search" | "system";

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
 * `patches`: a document that records replace and patch; the answer is text in it.
 */
export type PatchesSpec = { 
/**
 * How the stream is cut into records.
 */
framing: Framing, 
/**
 * Conditions on records that carry patches: all of them.
 */
only: Array<Condition>, 
/**
 * Pointer to the list of patches in a record; the record itself where empty.
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
 * Where the text is in the document. Several texts of one `as` and `choice` are one.
 */
text: Array<DocumentText>, 
/**
 * Pointer in the document to what tells the messages of one turn apart, where one document
 * takes the place of another; texts of several are kept apart by an empty line.
 */
message_id?: string, 
/**
 * What holds of the document once the answer is complete: all of them.
 */
document_done: Array<Condition>, 
/**
 * Any of these ends the answer.
 */
done: Array<When>, 
/**
 * Data that is not JSON and ends the answer.
 */
done_data?: string, 
/**
 * Any of these means that the site refused the prompt.
 */
refused: Array<When>, 
/**
 * Any of these is a failure.
 */
error: Array<When>, 
/**
 * Pointers to the words of a refusal or a failure.
 */
error_message: Array<string>, 
/**
 * Pointer in the document to the site's id of the reply.
 */
reply_id?: string, 
/**
 * Pointer in the document to the model that the site names.
 */
model?: string, };

/**
 * One observation. Exactly one of `shown`, `gone`, `url`, `tap_status`; `says` goes with `shown`.
 */
export type Probe = { 
/**
 * An element is there and visible.
 */
shown?: Target, 
/**
 * The element shows one of these texts, without case.
 */
says: Array<string>, 
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
 * A quota beside that of text.
 */
export type Quota = { 
/**
 * What it counts.
 */
kind: QuotaKind, 
/**
 * Models and modes whose turns it counts, `*` at the end for any rest.
 */
models: Array<string>, 
/**
 * Words of the page's message that mean this quota, whatever was asked for.
 */
words: Array<string>, };

/**
 * What a quota counts.
 */
export type QuotaKind = "text" | "image" | "video";

/**
 * `records`: a stream of JSON records; text by pointer.
 */
export type RecordsSpec = { 
/**
 * How the stream is cut into records.
 */
framing: Framing, 
/**
 * For `array`: how many lists deep its records lie; 1 where absent.
 */
depth?: number, 
/**
 * Where the records lie inside those that the framing gives.
 */
inner?: Inner, 
/**
 * What comes before any of these is not of the turn: pages say hello over the same stream.
 * Everything counts where empty.
 */
begin: Array<When>, 
/**
 * Conditions on records that carry text: all of them.
 */
only: Array<Condition>, 
/**
 * Where the text is. Of the rules with the same `as` and `choice`, the first that finds text
 * in a record is taken.
 */
text: Array<TextRule>, 
/**
 * Where calls of the client's functions are, on a page with `[tools]`.
 */
call: Array<CallRule>, 
/**
 * Pointer to what tells the messages of one turn apart; one message where absent. Texts of
 * several are kept apart by an empty line.
 */
message_id?: string, 
/**
 * Words that say why an answer has ended.
 */
finish: Array<FinishRule>, 
/**
 * Any of these ends the answer.
 */
done: Array<When>, 
/**
 * Data that is not JSON and ends the answer (`[DONE]`).
 */
done_data?: string, 
/**
 * Any of these means that the site refused the prompt.
 */
refused: Array<When>, 
/**
 * Any of these is a failure.
 */
error: Array<When>, 
/**
 * Pointers to the words of a refusal or a failure.
 */
error_message: Array<string>, 
/**
 * Pointer to the site's id of the reply.
 */
reply_id?: string, 
/**
 * Pointer to the model that the site names.
 */
model?: string, };

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
last_seq: number, 
/**
 * Number of the first chunk that can still be sent again; 0 where that is not known.
 */
first_seq: number, };

/**
 * What an element is for.
 */
export type Role = "composer" | "send" | "stop" | "new_chat" | "new_chat_confirm" | "question" | "answer" | "answer_body" | "thought" | "thought_toggle" | "scroller" | "temporary_chat" | "model_menu" | "model_item" | "model_current" | "file_input" | "attach" | "drop_zone" | "attach_preview" | "attach_busy" | "attach_error";

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
models: Array<string>, 
/**
 * Its owner lets the gateway keep a picture of the page (the sketch of a diagnosis) while the
 * page needs its human.
 */
picture?: boolean, 
/**
 * What the page says that they can take and give.
 */
told?: { [key in string]: { [key in Capability]?: boolean } }, 
/**
 * Whether answers of lost turns can be read from the page's conversations.
 */
harvests: boolean, };

/**
 * What the page of a seat shows.
 */
export type SeatState = "ready" | "loading" | "no_tab" | "not_permitted" | "signed_out" | "challenge" | "consent" | "error" | "page_changed" | "maintenance";

/**
 * What a page did in a lesson.
 */
export type Seen = { 
/**
 * It showed no answer when the lesson began.
 */
fresh: boolean, 
/**
 * The composer became empty when the prompt was sent.
 */
emptied: boolean, 
/**
 * The send button was there again when the answer was complete.
 */
send_again: boolean, 
/**
 * The composer could not be used while the answer was written.
 */
locked: boolean, };

/**
 * One of the page's own streams.
 */
export type SeenStream = { 
/**
 * How the page opened it.
 */
transport: Transport, 
/**
 * The method.
 */
method: string, 
/**
 * The path.
 */
path: string, 
/**
 * Whether it was open before the prompt was typed.
 */
standing: boolean, 
/**
 * HTTP status, 0 where there is none.
 */
status: number, 
/**
 * The body of a fetch or XHR, as text.
 */
body: string, 
/**
 * The messages of a WebSocket or EventSource.
 */
messages: Array<string>, 
/**
 * Whether more came than is here.
 */
cut: boolean, };

/**
 * What must be found on a page at rest before it is trusted with a turn.
 */
export type SelfTest = { 
/**
 * Roles that must resolve.
 */
found: Array<Role>, };

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
export type SendStep = "click" | "pointer" | "enter" | "ctrl_enter" | "meta_enter";

/**
 * Where in a model's entry a page says that it has a capability.
 */
export type Sign = { 
/**
 * JSON pointer within the entry. Without `has` the value there must be set: not `false`, `null`,
 * 0 or empty.
 */
at: string, 
/**
 * The word that the value must be, or that must be in it where it is a list, or a set field
 * where it is an object.
 */
has?: string, };

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
 * A quota of the account is used up, or the page offers to pay for more.
 */
quota: Array<Probe>, 
/**
 * The site is closed for a while.
 */
maintenance: Array<Probe>, 
/**
 * The page asks to be loaded again: done before the next turn.
 */
outdated: Array<Probe>, 
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
done: Array<Probe>, 
/**
 * How the site's words say when a limit ends, with `{seconds}`, `{minutes}`, `{hours}`, `{days}`,
 * `{time}` (`HH:MM`, 12 or 24 hours) or `{date}` (`YYYY-MM-DD`, a `{time}` after it is of that
 * day) where the number stands: `"try again in {minutes} minutes"`.
 */
reset_words: Array<string>, 
/**
 * Where the page shows when the session ends. It hinders no turn: its human is warned before.
 */
session_ends: Array<Probe>, 
/**
 * How its words say it, as in `reset_words`: `"session expires in {hours} hours"`.
 */
session_words: Array<string>, };

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
standing: boolean, 
/**
 * What it is read for.
 */
purpose: TapPurpose, 
/**
 * Conditions on the request's body, which must be JSON then: pages ask the same path for
 * titles and suggestions, too.
 */
body?: Array<EventFilter>, };

/**
 * What a stream is read for.
 */
export type TapPurpose = "answer" | "accepted" | "models" | "upload";

/**
 * An element by its role or by a locator of its own.
 */
export type Target = Role | Locator;

/**
 * What a text is.
 */
export type TextAs = "text" | "reasoning" | "image";

/**
 * Whether a text field brings what is new or all so far.
 */
export type TextMode = "delta" | "cumulative";

/**
 * Text in a record.
 */
export type TextRule = { 
/**
 * The record's name, where it matters.
 */
event?: string, 
/**
 * Conditions on the record: all of them.
 */
only: Array<Condition>, 
/**
 * Path to the items that hold the text: `*` stands for any one step, `-1` for the last; the
 * record itself where empty.
 */
each: string, 
/**
 * Conditions on an item: all of them.
 */
each_only: Array<Condition>, 
/**
 * Pointer to the text within the item; the item itself where empty.
 */
pointer: string, 
/**
 * What the text is.
 */
as: TextAs, 
/**
 * Which answer of several it belongs to, 0 or 1.
 */
choice: number, 
/**
 * Delta or cumulative, within its message.
 */
mode: TextMode, 
/**
 * Whether it counts only for a message that a rule without `follows` has brought up.
 */
follows: boolean, };

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

/**
 * A record by its name and what it says.
 */
export type When = { 
/**
 * The record's name: of a server-sent or Socket.IO event, or a line's prefix.
 */
event?: string, 
/**
 * Conditions on the record: all of them.
 */
only: Array<Condition>, 
/**
 * The answer of several that it concerns, 0 or 1; all where absent.
 */
choice?: number, };
