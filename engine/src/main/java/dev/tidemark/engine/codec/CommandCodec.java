package dev.tidemark.engine.codec;

import dev.tidemark.engine.message.BadCommandException;
import dev.tidemark.engine.message.Command;
import dev.tidemark.engine.message.ErrorCode;
import dev.tidemark.engine.message.Line;
import dev.tidemark.engine.message.Message;
import dev.tidemark.engine.message.Options;
import dev.tidemark.engine.message.Parsed;
import dev.tidemark.engine.message.Refusal;
import dev.tidemark.engine.message.Reply;
import dev.tidemark.engine.message.VolumeRef;
import dev.tidemark.proto.CommandMessage;
import dev.tidemark.proto.ErrorReply;
import dev.tidemark.proto.OkReply;
import dev.tidemark.proto.ReplyField;
import dev.tidemark.proto.ReplyLine;
import dev.tidemark.proto.VolumeReference;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Messages and replies to bytes of {@code command.proto}, and back: the same values as their text form. Any thread;
 * keeps
 * nothing. Decoding throws {@link TooNewException} and {@link MalformedException}.
 */
public final class CommandCodec {
    private CommandCodec() {}

    /** A message to bytes of {@code CommandMessage}. */
    public static byte[] encode(Message message) {
        CommandMessage.Builder out = CommandMessage.newBuilder();
        message.commands().forEach(command -> out.addCommands(toProto(command)));
        return out.build().toByteArray();
    }

    /** Bytes of {@code CommandMessage} to a message, or to the refusal of one that breaks the rules of commands. */
    public static Parsed decodeMessage(byte[] bytes) {
        CommandMessage message = Protos.parse(CommandMessage.parser(), bytes);
        try {
            return new Message(message.getCommandsList().stream()
                    .map(CommandCodec::fromProto)
                    .toList());
        } catch (BadCommandException e) {
            return new Refusal(e.code(), e.commandIndex(), Map.of(), e.getMessage());
        }
    }

    /** A reply to bytes of {@code Reply}. */
    public static byte[] encode(Reply reply) {
        dev.tidemark.proto.Reply.Builder out = dev.tidemark.proto.Reply.newBuilder();
        if (reply instanceof Reply.Ok ok) {
            OkReply.Builder lines = out.getOkBuilder();
            ok.lines().forEach(line -> lines.addLines(toProto(line)));
            ok.rows().forEach(row -> lines.addRows(toProto(row)));
        } else {
            Refusal refusal = ((Reply.Refused) reply).refusal();
            ErrorReply.Builder error = out.getErrorBuilder()
                    .setCode(refusal.code().text())
                    .setCommand(refusal.command())
                    .setText(refusal.text());
            refusal.details().forEach((key, value) -> error.addDetails(field(key, value)));
        }
        return out.build().toByteArray();
    }

    /** Bytes of {@code Reply} to a reply. */
    public static Reply decodeReply(byte[] bytes) {
        dev.tidemark.proto.Reply reply = Protos.parse(dev.tidemark.proto.Reply.parser(), bytes);
        try {
            return switch (reply.getKindCase()) {
                case OK ->
                    new Reply.Ok(
                            lines(reply.getOk().getLinesList()),
                            lines(reply.getOk().getRowsList()));
                case ERROR -> new Reply.Refused(fromProto(reply.getError()));
                case KIND_NOT_SET -> throw new MalformedException("a reply that is neither ok nor error");
            };
        } catch (IllegalArgumentException e) {
            throw new MalformedException("a reply that no store gives: " + e.getMessage(), e);
        }
    }

    private static Refusal fromProto(ErrorReply error) {
        ErrorCode code = ErrorCode.of(error.getCode());
        if (code == null) {
            throw new TooNewException("error code " + error.getCode());
        }
        return new Refusal(code, error.getCommand(), fields(error.getDetailsList()), error.getText());
    }

    private static ReplyLine toProto(Line line) {
        ReplyLine.Builder out = ReplyLine.newBuilder();
        line.fields().forEach((key, value) -> out.addFields(field(key, value)));
        return out.build();
    }

    private static ReplyField field(String key, String value) {
        return ReplyField.newBuilder().setKey(key).setValue(value).build();
    }

    private static List<Line> lines(List<ReplyLine> lines) {
        return lines.stream()
                .map(line -> new Line(fields(line.getFieldsList())))
                .toList();
    }

    private static Map<String, String> fields(List<ReplyField> fields) {
        Map<String, String> out = new LinkedHashMap<>();
        fields.forEach(field -> out.put(field.getKey(), field.getValue()));
        return out;
    }

    private static dev.tidemark.proto.Command toProto(Command command) {
        dev.tidemark.proto.Command.Builder out = dev.tidemark.proto.Command.newBuilder();
        Options options = command.options();
        if (options.request() != null) {
            out.setRequest(options.request());
        }
        if (options.ifSeq() != Options.NO_IF) {
            out.setIfSeq(options.ifSeq());
        }
        if (command instanceof Command.CreateOrigin c) {
            out.getCreateOriginBuilder()
                    .setName(c.name())
                    .setSizeBytes(c.sizeBytes())
                    .setReadonly(c.readonly());
        } else if (command instanceof Command.CreateSnapshot c) {
            out.getCreateSnapshotBuilder()
                    .setName(c.name())
                    .setOrigin(toProto(c.origin()))
                    .setReadonly(c.readonly());
        } else if (command instanceof Command.Clone c) {
            out.getCloneSnapshotBuilder()
                    .setName(c.name())
                    .setSource(toProto(c.source()))
                    .setReadonly(c.readonly());
        } else if (command instanceof Command.Delete c) {
            out.getDeleteVolumeBuilder().setVolume(toProto(c.volume())).setForce(c.force());
        } else if (command instanceof Command.Merge c) {
            dev.tidemark.proto.MergeSnapshot.Builder merge = out.getMergeSnapshotBuilder()
                    .setSnapshot(toProto(c.snapshot()))
                    .setForce(c.force());
            if (c.into() != null) {
                merge.setInto(toProto(c.into()));
            }
        } else if (command instanceof Command.Resize c) {
            out.getResizeVolumeBuilder()
                    .setVolume(toProto(c.volume()))
                    .setSizeBytes(c.sizeBytes())
                    .setShrink(c.shrink());
        } else {
            smallToProto(command, out);
        }
        return out.build();
    }

    private static void smallToProto(Command command, dev.tidemark.proto.Command.Builder out) {
        if (command instanceof Command.Rename c) {
            out.getRenameVolumeBuilder().setVolume(toProto(c.volume())).setNewName(c.newName());
        } else if (command instanceof Command.Label c) {
            out.getLabelVolumeBuilder().setVolume(toProto(c.volume())).putAllLabels(c.labels());
        } else if (command instanceof Command.SetReadonly c) {
            out.getSetReadonlyBuilder().setVolume(toProto(c.volume())).setReadonly(c.readonly());
        } else if (command instanceof Command.Status c) {
            dev.tidemark.proto.ShowStatus.Builder status = out.getShowStatusBuilder();
            if (c.volume() != null) {
                status.setVolume(toProto(c.volume()));
            }
        } else if (command instanceof Command.ListVolumes) {
            out.setListVolumes(dev.tidemark.proto.ListVolumes.getDefaultInstance());
        } else if (command instanceof Command.Jobs) {
            out.setListJobs(dev.tidemark.proto.ListJobs.getDefaultInstance());
        } else if (command instanceof Command.Checkpoint) {
            out.setTakeCheckpoint(dev.tidemark.proto.TakeCheckpoint.getDefaultInstance());
        } else if (command instanceof Command.Flush) {
            out.setFlushStore(dev.tidemark.proto.FlushStore.getDefaultInstance());
        }
    }

    private static VolumeReference toProto(VolumeRef reference) {
        return reference instanceof VolumeRef.ById byId
                ? VolumeReference.newBuilder().setId(byId.id()).build()
                : VolumeReference.newBuilder()
                        .setName(((VolumeRef.ByName) reference).name())
                        .build();
    }

    private static VolumeRef fromProto(VolumeReference reference) {
        return switch (reference.getKindCase()) {
            case NAME -> new VolumeRef.ByName(reference.getName());
            case ID -> new VolumeRef.ById(reference.getId());
            case KIND_NOT_SET -> throw new MalformedException("a volume by neither name nor id");
        };
    }

    private static Command fromProto(dev.tidemark.proto.Command command) {
        Options options = new Options(
                command.getRequest().isEmpty() ? null : command.getRequest(),
                command.hasIfSeq() ? Checks.natural("if_seq", command.getIfSeq()) : Options.NO_IF);
        return switch (command.getKindCase()) {
            case CREATE_ORIGIN -> {
                dev.tidemark.proto.CreateOrigin c = command.getCreateOrigin();
                yield new Command.CreateOrigin(c.getName(), c.getSizeBytes(), c.getReadonly(), options);
            }
            case CREATE_SNAPSHOT -> {
                dev.tidemark.proto.CreateSnapshot c = command.getCreateSnapshot();
                yield new Command.CreateSnapshot(c.getName(), fromProto(c.getOrigin()), c.getReadonly(), options);
            }
            case CLONE_SNAPSHOT -> {
                dev.tidemark.proto.CloneSnapshot c = command.getCloneSnapshot();
                yield new Command.Clone(c.getName(), fromProto(c.getSource()), c.getReadonly(), options);
            }
            case DELETE_VOLUME -> {
                dev.tidemark.proto.DeleteVolume c = command.getDeleteVolume();
                yield new Command.Delete(fromProto(c.getVolume()), c.getForce(), options);
            }
            case MERGE_SNAPSHOT -> {
                dev.tidemark.proto.MergeSnapshot c = command.getMergeSnapshot();
                VolumeRef into = c.hasInto() ? fromProto(c.getInto()) : null;
                yield new Command.Merge(fromProto(c.getSnapshot()), into, c.getForce(), options);
            }
            case RESIZE_VOLUME -> {
                dev.tidemark.proto.ResizeVolume c = command.getResizeVolume();
                yield new Command.Resize(fromProto(c.getVolume()), c.getSizeBytes(), c.getShrink(), options);
            }
            case RENAME_VOLUME ->
                new Command.Rename(
                        fromProto(command.getRenameVolume().getVolume()),
                        command.getRenameVolume().getNewName(),
                        options);
            case LABEL_VOLUME ->
                new Command.Label(
                        fromProto(command.getLabelVolume().getVolume()),
                        command.getLabelVolume().getLabelsMap(),
                        options);
            case SET_READONLY ->
                new Command.SetReadonly(
                        fromProto(command.getSetReadonly().getVolume()),
                        command.getSetReadonly().getReadonly(),
                        options);
            case SHOW_STATUS ->
                new Command.Status(
                        command.getShowStatus().hasVolume()
                                ? fromProto(command.getShowStatus().getVolume())
                                : null,
                        options);
            case LIST_VOLUMES -> new Command.ListVolumes(options);
            case LIST_JOBS -> new Command.Jobs(options);
            case TAKE_CHECKPOINT -> new Command.Checkpoint(options);
            case FLUSH_STORE -> new Command.Flush(options);
            case KIND_NOT_SET -> throw new MalformedException("a command without a kind");
        };
    }
}
