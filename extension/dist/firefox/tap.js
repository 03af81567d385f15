(function() {
	// src/shared/handshake.ts
	var OFFER = "tabway-tap-offer";
	var ASK = "tabway-tap-ask";
	/** The event on the Port by which the tap speaks. */
	var SAID = "said";
	/** The tap's half: hands its Port to the runner, whichever of the two starts first. */
	function offerPort(port) {
		let taken = false;
		const offer = () => {
			const event = new MessageEvent(OFFER, {
				ports: [port],
				cancelable: true
			});
			taken ||= !document.dispatchEvent(event);
			if (taken) document.removeEventListener(ASK, offer);
		};
		document.addEventListener(ASK, offer);
		offer();
	}
	// src/tap/natives.ts
	var { apply } = Reflect;
	/** `method` as a function whose first argument is its `this`. */
	function bare(method) {
		return (self, ...args) => apply(method, self, args);
	}
	function getter(prototype, key) {
		const found = Object.getOwnPropertyDescriptor(prototype, key)?.get;
		return found ? (self) => apply(found, self, []) : (self) => self[key];
	}
	var Message = MessageEvent;
	var dispatch = bare(EventTarget.prototype.dispatchEvent);
	/** Says it to who listens on `target`, now. */
	var say = (target, type, data) => {
		dispatch(target, new Message(type, {
			__proto__: null,
			data
		}));
	};
	var listen = bare(EventTarget.prototype.addEventListener);
	var then = bare(Promise.prototype.then);
	var cloneResponse = bare(Response.prototype.clone);
	var responseBody = getter(Response.prototype, "body");
	var responseStatus = getter(Response.prototype, "status");
	var responseHeaders = getter(Response.prototype, "headers");
	var header = bare(Headers.prototype.get);
	var cloneRequest = bare(Request.prototype.clone);
	var requestText = bare(Request.prototype.text);
	var requestBody = getter(Request.prototype, "body");
	var requestUrl = getter(Request.prototype, "url");
	var requestMethod = getter(Request.prototype, "method");
	var blobBytes = bare(Blob.prototype.arrayBuffer);
	var messageData = getter(MessageEvent.prototype, "data");
	var xhrState = getter(XMLHttpRequest.prototype, "readyState");
	var xhrStatus = getter(XMLHttpRequest.prototype, "status");
	var xhrResponse = getter(XMLHttpRequest.prototype, "response");
	var xhrText = getter(XMLHttpRequest.prototype, "responseText");
	var encoder = new TextEncoder();
	var encode = encoder.encode.bind(encoder);
	var decoder = new TextDecoder();
	var decode = decoder.decode.bind(decoder);
	var getReader = bare(ReadableStream.prototype.getReader);
	var read = bare(ReadableStreamDefaultReader.prototype.read);
	var cancelReader = bare(ReadableStreamDefaultReader.prototype.cancel);
	var Transform = TransformStream;
	var newTransform = (transformer) => new Transform(transformer);
	// src/tap/twin.ts
	var Twin = class {
		ours = 0;
		theirs = 0;
		/** What the page has read and we have not, with the place in the body where it begins. */
		ahead = [];
		weRead(bytes) {
			this.ours += bytes.length;
			this.ahead = this.ahead.filter(({ at, bytes }) => at + bytes.length > this.ours);
		}
		/** A copy is kept: the page may hand its own on. */
		theyRead(bytes) {
			const at = this.theirs;
			this.theirs += bytes.length;
			if (this.theirs > this.ours) this.ahead.push({
				at,
				bytes: new Uint8Array(bytes)
			});
		}
		/** What only the page has read; it counts as read by us now. */
		missed() {
			const missed = this.ahead.map(({ at, bytes }) => bytes.subarray(Math.max(0, this.ours - at)));
			this.ahead = [];
			this.ours = Math.max(this.ours, this.theirs);
			return missed;
		}
	};
	// src/tap/fetch.ts
	function tapFetch(hub) {
		const native = window.fetch;
		window.fetch = function fetch(...args) {
			const answer = apply(native, this ?? window, args);
			try {
				const live = hub.begin("fetch", ...addressOf(args));
				tellBody(hub, live, args);
				then(answer, (response) => follow$1(hub, live, response), () => live.closed(true));
			} catch {}
			return answer;
		};
	}
	function addressOf([input, init]) {
		if (input instanceof Request) return [requestUrl(input), init?.method ?? requestMethod(input)];
		return [String(input), init?.method ?? "GET"];
	}
	/** What the page sends. A `Request` holds it as a stream: copied only where an adapter asks for it. */
	function tellBody(hub, live, [input, init]) {
		if (init?.body !== void 0 || !(input instanceof Request)) return live.asked(init?.body);
		if (!hub.asksForBody(live) || !requestBody(input)) return live.asked(null);
		live.hold();
		const tell = (text) => live.asked(text);
		then(requestText(cloneRequest(input)), tell, tell);
	}
	function follow$1(hub, live, response) {
		try {
			live.opened(responseStatus(response));
			const type = header(responseHeaders(response), "content-type") ?? "";
			if (!responseBody(response) || !hub.wants(live, type)) return live.closed(false);
			const copy = responseBody(cloneResponse(response));
			if (!copy) return live.closed(false);
			const reader = getReader(copy);
			const twin = new Twin();
			stayWithThePage(response, reader, twin);
			pump(hub, live, reader, twin);
		} catch {
			live.closed(true);
		}
	}
	function pump(hub, live, reader, twin) {
		const end = (failed) => {
			for (const bytes of twin.missed()) live.bytes(bytes);
			live.closed(failed);
		};
		then(read(reader), (result) => {
			const { done, value } = result;
			if (value) {
				twin.weRead(value);
				live.bytes(value);
			}
			if (done) end(false);
			else if (hub.wants(live, "text/event-stream")) pump(hub, live, reader, twin);
			else {
				live.closed(false);
				then(cancelReader(reader), ignore$1, ignore$1);
			}
		}, () => end(true));
	}
	/**
	* A stream with two readers ends only when both let go: where the page cancels its reader, ours goes
	* too, or the site would go on writing. What the page reads until then is noted.
	*/
	function stayWithThePage(response, ours, twin) {
		const body = responseBody(response);
		if (!body) return;
		const getTheirs = body.getReader;
		const stop = () => then(cancelReader(ours), ignore$1, ignore$1);
		const hooked = (target) => {
			const cancel = target.cancel;
			target.cancel = function(reason) {
				stop();
				return apply(cancel, this, [reason]);
			};
			return target;
		};
		hooked(body);
		body.getReader = function(...args) {
			const reader = apply(getTheirs, this, args);
			return noted(hooked(reader), twin);
		};
		const pipe = body.pipeThrough;
		body.pipeThrough = function(...args) {
			return apply(pipe, apply(pipe, this, [passing(twin)]), args);
		};
	}
	/** Hands all on as it is, and notes it. */
	function passing(twin) {
		return newTransform({ transform: (bytes, next) => {
			twin.theyRead(bytes);
			next.enqueue(bytes);
		} });
	}
	/** Notes what the page reads, before its own reaction. */
	function noted(reader, twin) {
		const native = reader.read;
		const note = (result) => {
			const { value } = result;
			if (value) twin.theyRead(value);
		};
		reader.read = function(...args) {
			const answer = apply(native, this, args);
			then(answer, note, ignore$1);
			return answer;
		};
		return reader;
	}
	function ignore$1() {}
	// src/shared/glob.ts
	var known = /* @__PURE__ */ new Map();
	function globMatches(glob, path) {
		let pattern = known.get(glob);
		if (!pattern) {
			const source = glob.split(/(\*\*|\*)/).map((part) => part === "**" ? ".*" : part === "*" ? "[^/]*" : escape(part)).join("");
			pattern = new RegExp(`^${source}$`);
			known.set(glob, pattern);
		}
		return pattern.test(path);
	}
	function escape(literal) {
		return literal.replace(/[.+?^${}()|[\]\\]/g, "\\$&");
	}
	// src/shared/pointer.ts
	/** The value at a pointer; undefined where there is none. The empty pointer is the whole. */
	function valueAt(document, pointer) {
		if (pointer === "") return document;
		let value = document;
		for (const escaped of pointer.slice(1).split("/")) {
			const step = escaped.replaceAll("~1", "/").replaceAll("~0", "~");
			if (typeof value !== "object" || value === null || !Object.hasOwn(value, step)) return void 0;
			value = value[step];
		}
		return value;
	}
	/** Whether a document passes every filter: the value is there, and is the one wanted. */
	function passes(document, filters) {
		return filters.every(({ pointer, equals }) => {
			const value = valueAt(document, pointer);
			return equals === void 0 ? value !== void 0 : value === equals;
		});
	}
	// src/tap/live.ts
	/** A longer body is not looked into: conditions on it do not hold then. */
	var MAX_BODY = 1 << 20;
	/** One stream that the page holds. */
	var Live = class {
		hub;
		transport;
		path;
		method;
		begun;
		/** Its number in a turn. */
		bound = null;
		/** HTTP status, 0 where there is none, null until it is open. */
		status = null;
		/** What came so far, where somebody wants the whole of it. */
		kept = null;
		body;
		document = null;
		/** What happened while the page's own words were still being read; null where they are known. */
		held = null;
		constructor(hub, transport, path, method, begun) {
			this.hub = hub;
			this.transport = transport;
			this.path = path;
			this.method = method;
			this.begun = begun;
		}
		/** What the page sends is yet to be read: all that happens waits for it. */
		hold() {
			this.held = [];
		}
		/** The page asks, with these words. */
		asked(body) {
			this.body = body;
			const held = this.held ?? [];
			this.held = null;
			this.hub.asked(this);
			this.hub.sent(this, textOf(body));
			for (const one of held) one();
		}
		/** The page sends something on an open socket. */
		sent(data) {
			this.hub.sent(this, textOf(data));
		}
		opened(status) {
			this.inOrder(() => {
				this.status = status;
				this.hub.opened(this);
			});
		}
		bytes(bytes) {
			if (bytes.length > 0) this.inOrder(() => this.hub.bytes(this, bytes));
		}
		text(text) {
			this.inOrder(() => this.hub.text(this, text));
		}
		closed(failed) {
			this.inOrder(() => this.hub.closed(this, failed));
		}
		inOrder(step) {
			if (this.held) this.held.push(step);
			else step();
		}
		/** Whether it is what the tap describes. While its body is being read every condition may hold. */
		fits(tap) {
			return tap.transport === this.transport && (!tap.method || tap.method.toUpperCase() === this.method) && globMatches(tap.path, this.path) && (!tap.body?.length || this.held !== null || passes(this.sentDocument(), tap.body));
		}
		/** The page's own words as JSON; undefined where they are none. */
		sentDocument() {
			this.document ??= { value: parsed(textOf(this.body)) };
			return this.document.value;
		}
	};
	function parsed(text) {
		try {
			return text.length > MAX_BODY ? void 0 : JSON.parse(text);
		} catch {
			return;
		}
	}
	function textOf(data) {
		if (typeof data === "string") return data;
		if (data instanceof ArrayBuffer || ArrayBuffer.isView(data)) return decode(data);
		return "";
	}
	// src/tap/noticed.ts
	/** A list that is longer is not one of models. */
	var MAX_LIST = 4 << 20;
	/** What is kept of a page's start, until it is known what to watch. */
	var MAX_EARLY = 8 << 20;
	var Noticed = class {
		say;
		taps = [];
		list = 0;
		early = [];
		earlyBytes = 0;
		constructor(say) {
			this.say = say;
		}
		watch(list, taps) {
			this.list = list;
			this.taps = taps;
			const early = this.early ?? [];
			this.early = null;
			for (const live of early) this.ended(live);
		}
		/** Whether a body is worth reading outside of turns. */
		wants(live, type) {
			if (!this.early) return this.taps.some((tap) => live.fits(tap));
			return /event-stream|ndjson|jsonl|json/.test(type);
		}
		bytes(live, bytes) {
			if (!this.early && this.tapOf(live, "models") < 0) return void (live.kept = null);
			live.kept ??= [];
			if (live.kept.reduce((sum, one) => sum + one.length, bytes.length) > MAX_LIST || this.early && this.earlyBytes + bytes.length > MAX_EARLY) {
				live.kept = [];
				return;
			}
			if (this.early) this.earlyBytes += bytes.length;
			live.kept.push(bytes);
		}
		/** A request was answered whole. */
		ended(live) {
			if (this.early) {
				if (live.kept) this.early.push(live);
				return;
			}
			const models = this.tapOf(live, "models");
			const tap = models >= 0 ? models : this.tapOf(live, "upload");
			if (tap < 0) return;
			const text = models >= 0 ? joined(live.kept ?? []) : "";
			live.kept = null;
			this.say({
				k: "noticed",
				list: this.list,
				tap,
				status: live.status ?? 0,
				text
			});
		}
		tapOf(live, purpose) {
			return this.taps.findIndex((tap) => tap.purpose === purpose && live.fits(tap));
		}
	};
	function joined(pieces) {
		const whole = new Uint8Array(pieces.reduce((sum, one) => sum + one.length, 0));
		let at = 0;
		for (const piece of pieces) {
			whole.set(piece, at);
			at += piece.length;
		}
		return decode(whole);
	}
	// src/shared/channel.ts
	/** By which the tap shows the runner a file field that is in no document. */
	var FIELD_EVENT = "tabway-file-field";
	// src/tap/pickers.ts
	var prototype = HTMLInputElement.prototype;
	var { click } = HTMLElement.prototype;
	var { showPicker } = prototype;
	function holdPickers(held) {
		if (!held) {
			Reflect.deleteProperty(prototype, "click");
			prototype.showPicker = showPicker;
			return;
		}
		Object.defineProperty(prototype, "click", {
			configurable: true,
			writable: true,
			value: function() {
				if (this.type === "file" && !this.isConnected) show(this);
				else apply(click, this, []);
			}
		});
		prototype.showPicker = function() {
			if (this.type === "file") show(this);
			else apply(showPicker, this, []);
		};
	}
	function show(field) {
		document.dispatchEvent(new MouseEvent(FIELD_EVENT, { relatedTarget: field }));
	}
	// src/tap/hub.ts
	/** A stream number is one byte; 0 is the page's blocks. */
	var MAX_STREAM = 255;
	var Hub = class {
		ear;
		turn = null;
		noticed = new Noticed((message) => this.say(message));
		live = /* @__PURE__ */ new Set();
		taken = /* @__PURE__ */ new Set();
		last = 0;
		/** `ear` is heard by the runner alone. */
		constructor(ear) {
			this.ear = ear;
		}
		hear(message) {
			if (message.k === "watch") this.noticed.watch(message.list, message.taps);
			else if (message.k === "disarm") {
				this.turn = null;
				this.say({
					k: "ready",
					turn: message.turn,
					armed: false
				});
			} else if (message.k === "pickers") {
				holdPickers(message.held);
				this.say({
					k: "ready",
					turn: message.turn,
					armed: this.turn !== null
				});
			} else if (message.k === "arm") {
				const { turn, taps, prompt } = message;
				this.turn = {
					turn,
					taps,
					needle: needleOf(prompt),
					length: prompt.length
				};
				this.taken.clear();
				this.last = 0;
				this.say({
					k: "ready",
					turn,
					armed: true
				});
				for (const live of this.live) this.bind(live);
			}
		}
		/** The page asks for a stream; kept until it is closed. It says next what it asks with. */
		begin(transport, address, method) {
			const turn = this.turn?.turn ?? 0;
			const live = new Live(this, transport, pathOf(address), method.toUpperCase(), turn);
			this.live.add(live);
			return live;
		}
		/** Whether a tap looks into what the page sends there. */
		asksForBody(live) {
			return [...this.turn?.taps ?? [], ...this.noticed.taps].some((tap) => tap.body?.length && live.fits({
				...tap,
				body: []
			}));
		}
		/** Whether a body is worth reading: it is of this turn, may outlive turns, or is a list. */
		wants(live, type) {
			return this.turn !== null && this.tapOf(live) >= 0 || this.noticed.wants(live, type);
		}
		asked(live) {
			const { turn } = this;
			const tap = this.tapOf(live);
			if (turn && tap >= 0 && this.isOwn(live, tap)) this.say({
				k: "request",
				turn: turn.turn,
				tap
			});
		}
		/** Whether what a stream sends is the turn's prompt. */
		sent(live, text) {
			const { turn } = this;
			const tap = this.tapOf(live);
			if (!turn || tap < 0 || !text) return;
			if (turn.needle ? text.includes(turn.needle) : text.length >= turn.length) this.say({
				k: "sent",
				turn: turn.turn,
				tap
			});
		}
		opened(live) {
			const { turn } = this;
			const tap = this.tapOf(live, "accepted");
			if (turn && tap >= 0) this.say({
				k: "status",
				turn: turn.turn,
				tap,
				status: live.status ?? 0
			});
			this.bind(live);
		}
		bytes(live, bytes) {
			const bound = this.bind(live);
			if (bound) this.say({
				k: "bytes",
				...bound,
				bytes
			});
			else this.noticed.bytes(live, bytes);
		}
		text(live, text) {
			const bound = this.bind(live);
			if (bound) this.say({
				k: "text",
				...bound,
				text
			});
		}
		closed(live, failed) {
			const bound = this.bind(live);
			if (bound) this.say({
				k: "close",
				...bound,
				failed
			});
			else if (!failed) this.noticed.ended(live);
			this.live.delete(live);
			if (live.bound && live.bound.turn === this.turn?.turn) this.taken.delete(live.bound.stream);
		}
		/** The turn's number for a live stream, where it belongs to the turn's answer. */
		bind(live) {
			const turn = this.turn;
			if (!turn) return null;
			if (live.bound?.turn === turn.turn) return live.bound;
			const tap = live.status === null ? -1 : this.tapOf(live, "answer");
			const stream = tap < 0 ? 0 : this.number();
			if (stream === 0) return null;
			live.bound = {
				turn: turn.turn,
				stream
			};
			const own = this.isOwn(live, tap);
			const { method, path } = live;
			this.say({
				k: "open",
				...live.bound,
				tap,
				status: live.status ?? 0,
				own,
				method,
				path
			});
			return live.bound;
		}
		say(message) {
			say(this.ear, SAID, message);
		}
		/** The turn's tap that a stream is, for the answer or for what takes the prompt; -1 for none. */
		tapOf(live, purpose) {
			const { turn } = this;
			if (!turn) return -1;
			return turn.taps.findIndex((tap) => {
				const { purpose: its = "answer" } = tap;
				return (purpose ? its === purpose : its === "answer" || its === "accepted") && (tap.standing || live.begun === turn.turn) && live.fits(tap);
			});
		}
		/** Whether the turn opened it: what outlives turns is opened again whenever the page likes. */
		isOwn(live, tap) {
			return live.begun === this.turn?.turn && this.turn.taps[tap]?.standing !== true;
		}
		/** The next free number; long polling opens more streams than there are numbers. */
		number() {
			for (let tries = 0; tries < MAX_STREAM; tries++) {
				this.last = this.last % MAX_STREAM + 1;
				if (!this.taken.has(this.last)) {
					this.taken.add(this.last);
					return this.last;
				}
			}
			return 0;
		}
	};
	function pathOf(address) {
		try {
			return new URL(address, document.baseURI).pathname;
		} catch {
			return "";
		}
	}
	/** The prompt's first characters that no encoding changes. */
	function needleOf(prompt) {
		return /[ !#-[\]-~]{1,24}/.exec(prompt)?.[0] ?? "";
	}
	// src/tap/sockets.ts
	function tapEventSource(hub) {
		constructed("EventSource", (source) => {
			const live = hub.begin("eventsource", source.url, "GET");
			live.asked(null);
			const heard = /* @__PURE__ */ new Set();
			const hear = (type) => {
				if (heard.has(type) || type === "open" || type === "error") return;
				heard.add(type);
				listen(source, type, (event) => live.bytes(encode(eventText(type, event))));
			};
			hear("message");
			listen(source, "open", () => live.opened(200));
			listen(source, "error", () => {
				if (source.readyState === EventSource.CLOSED) live.closed(true);
			});
			const add = source.addEventListener;
			source.addEventListener = function(...args) {
				if (typeof args[0] === "string") hear(args[0]);
				return apply(add, this, args);
			};
			const close = source.close;
			source.close = function() {
				live.closed(false);
				return apply(close, this, []);
			};
		});
	}
	function tapWebSocket(hub) {
		constructed("WebSocket", (socket) => {
			const live = hub.begin("websocket", socket.url, "GET");
			live.asked(null);
			const inOrder = queue();
			listen(socket, "open", () => live.opened(101));
			listen(socket, "message", (event) => {
				const data = messageData(event);
				inOrder(data instanceof Blob ? blobBytes(data) : null, (bytes) => {
					if (typeof data === "string") live.text(data);
					else if (data instanceof ArrayBuffer) live.bytes(new Uint8Array(data));
					else if (bytes instanceof ArrayBuffer) live.bytes(new Uint8Array(bytes));
				});
			});
			listen(socket, "close", (event) => {
				inOrder(null, () => live.closed(!event.wasClean));
			});
			const send = socket.send;
			socket.send = function(...args) {
				live.sent(args[0]);
				return apply(send, this, args);
			};
		});
	}
	/** One event as a server writes it. */
	function eventText(type, event) {
		const lines = String(messageData(event)).split("\n");
		return `${type === "message" ? "" : `event: ${type}\n`}${lines.map((line) => `data: ${line}\n`).join("")}\n`;
	}
	/**
	* Runs steps one after the other: a Blob's bytes come later than it does, and what follows it waits.
	* While nothing waits a step runs at once.
	*/
	function queue() {
		let last = null;
		return (before, step) => {
			if (!before && !last) return step(void 0);
			const mine = then(last && before ? then(last, () => before, ignore) : before ?? last, step, step);
			last = mine;
			then(mine, () => last = last === mine ? null : last, ignore);
		};
	}
	function ignore() {}
	/** Lets `observe` see each object that the page constructs; the page sees the same class as before. */
	function constructed(name, observe) {
		const native = window[name];
		window[name] = new Proxy(native, { construct(target, args, newTarget) {
			const made = Reflect.construct(target, args, newTarget);
			try {
				observe(made);
			} catch {}
			return made;
		} });
	}
	// src/tap/xhr.ts
	var HEADERS_RECEIVED = 2;
	function tapXhr(hub) {
		const prototype = XMLHttpRequest.prototype;
		const { open, send } = prototype;
		const asked = /* @__PURE__ */ new WeakMap();
		prototype.open = function(...args) {
			asked.set(this, [String(args[1]), String(args[0])]);
			return apply(open, this, args);
		};
		prototype.send = function(...args) {
			const request = asked.get(this);
			if (request) try {
				const live = hub.begin("xhr", ...request);
				live.asked(args[0]);
				follow(this, live);
			} catch {}
			return apply(send, this, args);
		};
	}
	function follow(xhr, live) {
		let read = 0;
		const take = (last) => {
			if (live.status === null && xhrState(xhr) >= HEADERS_RECEIVED && xhrStatus(xhr) > 0) live.opened(xhrStatus(xhr));
			if (xhr.responseType === "" || xhr.responseType === "text") read = takeText(xhr, live, read, last);
			else if (last) takeWhole(xhr, live);
		};
		listen(xhr, "readystatechange", () => take(false));
		listen(xhr, "progress", () => take(false));
		listen(xhr, "load", () => take(true));
		for (const type of [
			"error",
			"abort",
			"timeout"
		]) listen(xhr, type, () => live.closed(true), { once: true });
		listen(xhr, "load", () => live.closed(false), { once: true });
	}
	function takeText(xhr, live, from, last) {
		const text = xhrText(xhr);
		let to = text.length;
		if (!last && to > from && (text.charCodeAt(to - 1) & 64512) === 55296) to -= 1;
		if (to > from) live.bytes(encode(text.slice(from, to)));
		return Math.max(from, to);
	}
	function takeWhole(xhr, live) {
		const whole = xhrResponse(xhr);
		if (whole instanceof ArrayBuffer) live.bytes(new Uint8Array(whole));
		else if (xhr.responseType === "json") live.bytes(encode(JSON.stringify(whole)));
	}
	// src/tap/main.ts
	var { port1, port2 } = new MessageChannel();
	var hub = new Hub(port2);
	port1.onmessage = (event) => hub.hear(messageData(event));
	tapFetch(hub);
	tapXhr(hub);
	tapEventSource(hub);
	tapWebSocket(hub);
	offerPort(port2);
})();
