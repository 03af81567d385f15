//! Why an attempt or a request failed, in one closed list. Status codes belong to the HTTP edge.

/// A failure: a class that programs act on, words for the client, and details for the log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {message}", class.code())]
pub struct Failure {
    /// What kind of failure it is.
    pub class: FailureClass,
    /// Words that the client may read.
    pub message: String,
    /// The request's field at fault, where there is one.
    pub param: Option<String>,
    /// How long to wait before another try, in milliseconds, where known.
    pub retry_after_ms: Option<u64>,
    /// Words for the log only.
    pub internal: Option<String>,
}

impl Failure {
    /// A failure with words for the client.
    #[must_use]
    pub fn new(class: FailureClass, message: impl Into<String>) -> Self {
        Self { class, message: message.into(), param: None, retry_after_ms: None, internal: None }
    }

    /// Names the request's field at fault.
    #[must_use]
    pub fn with_param(mut self, param: impl Into<String>) -> Self {
        self.param = Some(param.into());
        self
    }

    /// Says how long to wait.
    #[must_use]
    pub fn with_retry_after_ms(mut self, ms: u64) -> Self {
        self.retry_after_ms = Some(ms);
        self
    }

    /// Keeps words for the log.
    #[must_use]
    pub fn with_internal(mut self, words: impl Into<String>) -> Self {
        self.internal = Some(words.into());
        self
    }
}

macro_rules! failure_classes {
    ($($(#[$doc:meta])* $name:ident = $code:literal,)*) => {
        /// Every kind of failure. `code` is the stable, documented word of the API.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum FailureClass { $($(#[$doc])* $name,)* }

        impl FailureClass {
            /// Every class, for tests and docs.
            pub const ALL: &'static [FailureClass] = &[$(FailureClass::$name,)*];

            /// The stable word of the API.
            #[must_use]
            pub fn code(self) -> &'static str {
                match self { $(FailureClass::$name => $code,)* }
            }
        }
    };
}

failure_classes! {
    // The request.
    /// The body is not JSON.
    InvalidJson = "invalid_json",
    /// A field is missing or wrong.
    InvalidRequest = "invalid_request",
    /// The body is larger than the limit.
    BodyTooLarge = "body_too_large",
    /// No key, or an unknown, expired or revoked one.
    InvalidKey = "invalid_api_key",
    /// The key may not use this model or route.
    PermissionDenied = "permission_denied",
    /// The key sends or uses more in a minute than it may.
    KeyRateLimited = "key_rate_limited",
    /// The key has as many requests in flight as it may.
    KeyBusy = "key_busy",
    /// The key's budget of this period is used up.
    KeyBudget = "key_budget_used",
    /// No such model.
    ModelNotFound = "model_not_found",
    /// No such route or file.
    NotFound = "not_found",
    /// The route does not take this method.
    MethodNotAllowed = "method_not_allowed",
    /// No target can honour a constraint of the request.
    Unsupported = "unsupported_by_target",
    /// An address of another bridge that does not work here.
    Gone = "gone",
    /// The request calls the gateway by a name that is not its own.
    Misdirected = "misdirected",
    /// There is no room for another file.
    StorageFull = "storage_full",
    /// The gateway has no slot left.
    Saturated = "saturated",
    /// The gateway is stopping.
    ShuttingDown = "shutting_down",
    /// The client left.
    ClientGone = "client_gone",
    /// Our own fault.
    Internal = "internal_error",
    // An upstream.
    /// It could not be reached.
    UpstreamUnreachable = "upstream_unreachable",
    /// It refused our credential.
    UpstreamAuth = "upstream_auth",
    /// It refused the request.
    UpstreamRejected = "upstream_rejected",
    /// It limits us for now.
    UpstreamRateLimited = "upstream_rate_limited",
    /// The account's quota is used up.
    UpstreamQuota = "upstream_quota",
    /// Every account rests after failures or a refused credential.
    TargetsResting = "targets_resting",
    /// It failed or is overloaded.
    UpstreamError = "upstream_error",
    /// It answered something that is not an answer.
    UpstreamBadResponse = "upstream_bad_response",
    /// The prompt is too long for the model.
    ContextTooLong = "context_length_exceeded",
    /// The upstream's filter refused the prompt.
    ContentFiltered = "content_filter",
    /// A request with the same idempotency key is at work, or was answered.
    Duplicate = "duplicate_request",
    // A browser seat.
    /// No paired browser serves the site.
    NoNode = "no_node",
    /// The browser's extension is too old for what was asked.
    NodeOutdated = "node_outdated",
    /// Every lane of the seat is at work.
    Busy = "busy",
    /// No more requests may wait for the site.
    QueueFull = "queue_full",
    /// The gateway's owner ended the request.
    Cancelled = "cancelled",
    /// The page's session has ended.
    SignedOut = "signed_out",
    /// The page shows a challenge; its owner must look.
    Challenge = "challenge",
    /// The page asks for consent; its owner must look.
    Consent = "consent",
    /// The site limits its user for now.
    SiteRateLimited = "site_rate_limited",
    /// A quota of the site's account is used up.
    SiteQuota = "site_quota",
    /// The site is closed for a while.
    SiteMaintenance = "site_maintenance",
    /// A file is larger than the page takes.
    FileTooLarge = "attachment_too_large",
    /// The page did not take a file.
    FileRefused = "attachment_refused",
    /// The page answered with words where a picture was asked for.
    NoImage = "no_image",
    /// The site refused the prompt.
    Moderated = "moderated",
    /// A locator of the adapter no longer resolves.
    PageChanged = "page_changed",
    /// The page did not start to answer.
    PageNotStarted = "page_not_started",
    /// The page showed an error of its own.
    PageError = "page_error",
    /// The human took over the tab.
    HumanBusy = "human_busy",
    /// The lane or its browser went away before the page had accepted the prompt.
    NodeLost = "node_lost",
    /// The page had accepted the prompt and the answer was lost.
    OutcomeUnknown = "outcome_unknown",
    /// The model wrote no tool call that can be carried out, not when told what was wrong either.
    ToolCallInvalid = "tool_call_invalid",
    /// The model's answer did not have the form that was asked for, a second time.
    OutputInvalid = "output_invalid",
    /// The answer grew over a limit.
    AnswerTooLarge = "answer_too_large",
    // Deadlines.
    /// Nothing came before the first-token deadline.
    FirstTokenTimeout = "first_token_timeout",
    /// Nothing came for too long in the middle.
    SilenceTimeout = "silence_timeout",
    /// The whole answer took too long.
    TotalTimeout = "total_timeout",
}
