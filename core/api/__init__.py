"""The one interface: every command, result, event and error of the program, as frozen, serialisable records.

Screens, ``sottovoce rpc`` and bots use this and nothing else. A command is a value; ``Client.call`` turns it into its
result or raises ``ApiError``. Events are hints that something changed; ``message.list`` is the truth.

Times are integer milliseconds of Unix time, durations are seconds, identities and ids are strings.
"""

from __future__ import annotations

from core.api.account import (
    TOLD_ONCE as TOLD_ONCE,
    AccountChangePasscode as AccountChangePasscode,
    AccountCreate as AccountCreate,
    AccountCreated as AccountCreated,
    AccountGet as AccountGet,
    AccountIdentity as AccountIdentity,
    AccountInfo as AccountInfo,
    AccountLock as AccountLock,
    AccountLogout as AccountLogout,
    AccountRename as AccountRename,
    AccountRestore as AccountRestore,
    AccountUnlock as AccountUnlock,
    Done as Done,
)
from core.api.base import (
    Client as Client,
    Command as Command,
    Event as Event,
    R as R,
    R_co as R_co,
    Record as Record,
    method_of as method_of,
)
from core.api.contacts import (
    Contact as Contact,
    ContactBlock as ContactBlock,
    ContactConfirmDevice as ContactConfirmDevice,
    ContactDevice as ContactDevice,
    ContactList as ContactList,
    ContactRemove as ContactRemove,
    ContactRename as ContactRename,
    ContactUnblock as ContactUnblock,
    ConversationDelete as ConversationDelete,
)
from core.api.device import (
    ClockAlone as ClockAlone,
    ClockOff as ClockOff,
    FinderInfo as FinderInfo,
    JoinInfo as JoinInfo,
    JoinState as JoinState,
    MailboxInfo as MailboxInfo,
    NatClass as NatClass,
    NetworkStatus as NetworkStatus,
    NetworkStatusGet as NetworkStatusGet,
    PaceName as PaceName,
    PeerInfo as PeerInfo,
    RoleName as RoleName,
    Settings as Settings,
    SettingsGet as SettingsGet,
    SettingsSet as SettingsSet,
)
from core.api.events import (
    AccountLocked as AccountLocked,
    AccountOpened as AccountOpened,
    AnyEvent as AnyEvent,
    ClocksChanged as ClocksChanged,
    ContactAccepted as ContactAccepted,
    ContactChanged as ContactChanged,
    DeviceChanged as DeviceChanged,
    DeviceState as DeviceState,
    GreetingReceived as GreetingReceived,
    KeepRequested as KeepRequested,
    MessageReceived as MessageReceived,
    MessageStateChanged as MessageStateChanged,
    NetworkChanged as NetworkChanged,
    PriceRisen as PriceRisen,
)
from core.api.keeping import (
    ContactAskKeep as ContactAskKeep,
    ContactKeepMail as ContactKeepMail,
    KeepingGet as KeepingGet,
    KeepingInfo as KeepingInfo,
)
from core.api.meeting import (
    ContactAdd as ContactAdd,
    ConversationRef as ConversationRef,
    Greeting as Greeting,
    GreetingAccept as GreetingAccept,
    GreetingList as GreetingList,
    GreetingReject as GreetingReject,
    Invite as Invite,
    InviteCreate as InviteCreate,
    InviteCreated as InviteCreated,
    InviteList as InviteList,
    InviteRevoke as InviteRevoke,
)
from core.api.refusal import (
    MAX_GREETING_SIZE as MAX_GREETING_SIZE,
    MAX_INVITE_LIFE as MAX_INVITE_LIFE,
    MAX_NAME_SIZE as MAX_NAME_SIZE,
    MAX_PAGE as MAX_PAGE,
    MAX_TEXT_SIZE as MAX_TEXT_SIZE,
    MIN_INVITE_LIFE as MIN_INVITE_LIFE,
    ApiError as ApiError,
    Kind as Kind,
)
from core.api.talking import (
    ContactWarning as ContactWarning,
    Conversation as Conversation,
    ConversationList as ConversationList,
    ConversationRead as ConversationRead,
    Deleted as Deleted,
    DraftSet as DraftSet,
    Found as Found,
    Message as Message,
    MessageDelete as MessageDelete,
    MessageList as MessageList,
    MessageRef as MessageRef,
    MessageSearch as MessageSearch,
    MessageSend as MessageSend,
    RowKind as RowKind,
    State as State,
)

AnyCommand = (
    AccountCreate | AccountRestore | AccountUnlock | AccountLock | AccountLogout | AccountChangePasscode
    | AccountRename | AccountGet | InviteCreate | InviteList | InviteRevoke | ContactAdd | GreetingList
    | GreetingAccept | GreetingReject | ConversationList | ConversationRead | DraftSet | MessageSend | MessageList
    | MessageDelete | MessageSearch | NetworkStatusGet | SettingsGet | SettingsSet | ContactAskKeep | ContactKeepMail
    | KeepingGet | ContactList | ContactRename | ContactBlock | ContactUnblock | ContactRemove | ContactConfirmDevice
    | ConversationDelete
)  # fmt: skip
