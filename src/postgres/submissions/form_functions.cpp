// form_questions, form_choices and form_label.

#include <optional>

#include "postgres/server/datums.hpp"
#include "postgres/server/interrupts.hpp"
#include "postgres/server/json_documents.hpp"
#include "postgres/server/row_source.hpp"
#include "postgres/submissions/document_columns.hpp"
#include "submission/form_choices.hpp"

namespace onetrip::postgres {

ONETRIP_SQL_FUNCTION(form_questions);
ONETRIP_SQL_FUNCTION(form_choices);
ONETRIP_SQL_FUNCTION(form_label);

namespace {

using submission::FormQuestion;

void put_text(TupleBuilder& builder, const std::optional<std::string_view>& text) {
    if (text) {
        builder.put_text(*text);
    } else {
        builder.put_null();
    }
}

void put_jsonb(TupleBuilder& builder, const std::optional<jsonb::Value>& value) {
    if (value) {
        put_jsonb(builder, *value);
    } else {
        builder.put_null();
    }
}

// ---- form_questions ----

class QuestionSource final : public RowSource {
  public:
    QuestionSource(MemoryContext memory, TupleDesc descriptor)
        : RowSource(memory), builder_(memory, descriptor) {}

    void begin(jsonb::Value form) {
        questions_.emplace(form, check_for_interrupts);
        ord_ = 0;
    }

    HeapTupleHeader next() override {
        FormQuestion question;
        if (!questions_->next(question)) {
            questions_.reset();
            return nullptr;
        }
        return make(question);
    }

  private:
    HeapTupleHeader make(const FormQuestion& question);
    void put_way(const FormQuestion& question);
    void put_words(const submission::NodeWords& words);

    TupleBuilder builder_;
    std::optional<submission::FormQuestions> questions_;
    std::int32_t ord_ = 0;
    std::string room_;
    submission::Trail way_;
};

HeapTupleHeader QuestionSource::make(const FormQuestion& question) {
    const submission::NodeTraits& traits = question.traits;
    std::optional<std::string_view> type;
    if (question.is_question) {
        type = submission::name_of(traits.type);
    }
    std::optional<std::string_view> tag;
    if (traits.tag) {
        tag = submission::text_of(*traits.tag, room_);
    }
    std::optional<std::string_view> problem;
    if (!question.problem.empty()) {
        problem = question.problem;
    }
    builder_.begin();
    builder_.put_int4(++ord_);
    put_text(builder_, question.path);
    put_text(builder_, type);
    put_text(builder_, tag);
    put_jsonb(builder_, traits.label);
    put_jsonb(builder_, traits.choices);
    put_text(builder_, problem);
    put_way(question);
    put_words(traits.words);
    return builder_.finish();
}

/// keys and repeat_path.
void QuestionSource::put_way(const FormQuestion& question) {
    const submission::Form& form = questions_->form();
    const bool is_in_form = question.node != nullptr;
    if (is_in_form && form.words().reading == submission::Reading::keys) {
        way_.rewind({});
        for (const std::string_view key : form.way_to(*question.node)) {
            way_.push_key(key);
        }
        put_keys(builder_, way_);
    } else {
        builder_.put_null();
    }
    put_text(builder_, is_in_form ? questions_->repeat_path_of(*question.node) : std::nullopt);
}

/// required, relevant and metadata.
void QuestionSource::put_words(const submission::NodeWords& words) {
    builder_.put_boolean(words.is_required);
    put_jsonb(builder_, words.relevant);
    builder_.put_boolean(words.is_metadata);
}

// ---- form_choices ----

class ChoiceSource final : public RowSource {
  public:
    ChoiceSource(MemoryContext memory, TupleDesc descriptor)
        : RowSource(memory), builder_(memory, descriptor) {}

    /// Both stay as long as the call's rows.
    void begin(jsonb::Value form, std::optional<std::string_view> language) {
        choices_.emplace(form, check_for_interrupts);
        language_ = language;
    }

    void begin_none() { choices_.reset(); }

    HeapTupleHeader next() override {
        submission::FormChoice choice;
        if (!choices_ || !choices_->next(choice, language_)) {
            choices_.reset();
            return nullptr;
        }
        builder_.begin();
        builder_.put_text(choice.path);
        builder_.put_int4(choice.ord);
        builder_.put_text(submission::text_of(choice.value, room_));
        put_text(builder_, choice.label);
        return builder_.finish();
    }

  private:
    TupleBuilder builder_;
    std::optional<submission::FormChoices> choices_;
    std::optional<std::string_view> language_;
    std::string room_;
};

std::optional<std::string_view> language_of(FunctionCallInfo fcinfo) {
    return PG_ARGISNULL(1) ? std::nullopt : std::optional(characters_of(PG_GETARG_TEXT_PP(1)));
}

}  // namespace

extern "C" {

Datum form_questions(PG_FUNCTION_ARGS) {
    auto* const source = source_of_call<QuestionSource>(fcinfo);
    if (!source->is_returning()) {
        const MemoryContext caller = MemoryContextSwitchTo(source->call_memory());
        MemoryContextReset(source->call_memory());
        const jsonb::Value form = document_of(PG_DETOAST_DATUM_PACKED(PG_GETARG_DATUM(0)));
        MemoryContextSwitchTo(caller);
        call_cpp([&] { source->begin(form); });
    }
    return return_rows(fcinfo, *source);
}

Datum form_choices(PG_FUNCTION_ARGS) {
    auto* const source = source_of_call<ChoiceSource>(fcinfo);
    if (!source->is_returning() && PG_ARGISNULL(0)) {
        source->begin_none();
    } else if (!source->is_returning()) {
        const MemoryContext caller = MemoryContextSwitchTo(source->call_memory());
        MemoryContextReset(source->call_memory());
        const jsonb::Value form = document_of(PG_DETOAST_DATUM_COPY(PG_GETARG_DATUM(0)));
        std::optional<std::string_view> language;
        if (!PG_ARGISNULL(1)) {
            language = characters_of(PG_DETOAST_DATUM_COPY(PG_GETARG_DATUM(1)));
        }
        MemoryContextSwitchTo(caller);
        call_cpp([&] { source->begin(form, language); });
    }
    return return_rows(fcinfo, *source);
}

Datum form_label(PG_FUNCTION_ARGS) {
    if (PG_ARGISNULL(0)) {
        PG_RETURN_NULL();
    }
    const jsonb::Value label = document_of(PG_DETOAST_DATUM_PACKED(PG_GETARG_DATUM(0)));
    const std::optional<std::string_view> language = language_of(fcinfo);
    const std::optional<std::string_view> text =
        call_cpp([&] { return submission::label_of(label, language); });
    if (!text) {
        PG_RETURN_NULL();
    }
    PG_RETURN_DATUM(
        PointerGetDatum(cstring_to_text_with_len(text->data(), static_cast<int>(text->size()))));
}

}  // extern "C"

}  // namespace onetrip::postgres
