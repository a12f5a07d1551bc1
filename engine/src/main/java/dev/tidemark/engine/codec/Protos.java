package dev.tidemark.engine.codec;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.OneofDescriptor;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import org.agrona.DirectBuffer;

/** Reading generated classes strictly: damage and too new a version are told apart. */
final class Protos {
    private static final Map<Descriptor, Inside> INSIDE = new ConcurrentHashMap<>();

    private Protos() {}

    /** Parses exactly these bytes. What is read can't take more memory than a small multiple of their number. */
    static <T extends Message> T parse(Parser<T> parser, DirectBuffer buffer, int offset, int length) {
        byte[] bytes = new byte[length];
        buffer.getBytes(offset, bytes);
        return parse(parser, bytes);
    }

    static <T extends Message> T parse(Parser<T> parser, byte[] bytes) {
        T message;
        try {
            message = parser.parseFrom(bytes);
        } catch (InvalidProtocolBufferException e) {
            throw new MalformedException("not a message of this program: " + e.getMessage(), e);
        }
        refuseUnknown(message);
        return message;
    }

    /**
     * Throws {@link TooNewException} when the message, or one inside it, has a field that this version does not know.
     * Asks only for fields that are messages: each such question is a call by reflection, and a checkpoint has a row
     * for each volume.
     */
    private static void refuseUnknown(Message message) {
        for (int field : message.getUnknownFields().asMap().keySet()) {
            throw new TooNewException(message.getDescriptorForType().getName() + " with a field " + field);
        }
        Inside inside = INSIDE.computeIfAbsent(message.getDescriptorForType(), Inside::of);
        for (OneofDescriptor oneof : inside.oneofs()) {
            FieldDescriptor field = message.getOneofFieldDescriptor(oneof);
            if (field != null && isMessage(field)) {
                refuseUnknown((Message) message.getField(field));
            }
        }
        for (FieldDescriptor field : inside.single()) {
            if (message.hasField(field)) {
                refuseUnknown((Message) message.getField(field));
            }
        }
        for (FieldDescriptor field : inside.repeated()) {
            for (int i = 0; i < message.getRepeatedFieldCount(field); i++) {
                refuseUnknown((Message) message.getRepeatedField(field, i));
            }
        }
    }

    private static boolean isMessage(FieldDescriptor field) {
        return field.getJavaType() == FieldDescriptor.JavaType.MESSAGE;
    }

    /** Where messages of one type may have messages inside. */
    private record Inside(List<OneofDescriptor> oneofs, List<FieldDescriptor> single, List<FieldDescriptor> repeated) {
        static Inside of(Descriptor type) {
            List<FieldDescriptor> fields =
                    type.getFields().stream().filter(Protos::isMessage).toList();
            return new Inside(
                    fields.stream()
                            .map(FieldDescriptor::getRealContainingOneof)
                            .filter(Objects::nonNull)
                            .distinct()
                            .toList(),
                    fields.stream()
                            .filter(f -> !f.isRepeated() && f.getRealContainingOneof() == null)
                            .toList(),
                    fields.stream().filter(FieldDescriptor::isRepeated).toList());
        }
    }
}
