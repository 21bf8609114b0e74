"""The handlers of the FAQ desk's calls."""

from hub.api.ask import Handlers
from hub.api.faq.asked import FaqAsked
from hub.api.faq.desk import FaqEntries
from hub.api.faq.files import FaqFiles
from hub.api.faq.preview import FaqPreview
from hub.services import Services
from hub.wording import Wording


def faq_handlers(services: Services, wording: Wording) -> Handlers:
    """Make the handler of every call of the desk."""
    entries = FaqEntries(services, wording)
    files = FaqFiles(services, wording)
    asked = FaqAsked(services)
    preview = FaqPreview(services)
    return {
        "faq_desks": entries.desks,
        "faq_chatbot": preview.chatbot,
        "faq_entries": entries.entries,
        "create_faq_entry": entries.create,
        "publish_faq_entries": entries.publish,
        "withdraw_faq_entries": entries.withdraw,
        "faq_entry": entries.entry,
        "change_faq_entry": entries.change,
        "erase_faq_entry": entries.erase,
        "faq_history": entries.history,
        "restore_faq_entry": entries.restore,
        "import_faq": files.bring_in,
        "export_faq": files.export,
        "faq_figures": asked.figures,
        "faq_questions": asked.questions,
        "dismiss_faq_questions": asked.dismiss,
        "preview_faq": preview.preview,
        "faq_proposals": asked.proposals,
    }
