// Inception-ResNet-v2 (Szegedy et al., arXiv:1602.07261), as in timm. 55,843,464 parameters. The paper
// trains with RMSProp; the recipe is its learning rate and length with SGD and cosine.
cnn.block @conv(%x) params(filters, kernel = 1, stride = 1, pad = 0) {
  %conv = cnn.conv2d %x filters(filters) kernel(kernel) stride(stride) pad(pad)
  %bn = cnn.batch_norm %conv epsilon(0.001)
  %relu = cnn.relu %bn
  cnn.yield %relu
}

// A 1xn convolution and an nx1 one: the two windows of the factorised branches.
cnn.block @factorised(%x) params(middle, filters, n) {
  %row = cnn.conv2d %x filters(middle) kernel(1, n) pad(0, n / 2)
  %row_bn = cnn.batch_norm %row epsilon(0.001)
  %row_relu = cnn.relu %row_bn
  %column = cnn.conv2d %row_relu filters(filters) kernel(n, 1) pad(n / 2, 0)
  %column_bn = cnn.batch_norm %column epsilon(0.001)
  %column_relu = cnn.relu %column_bn
  cnn.yield %column_relu
}

cnn.block @block35(%x) {
  %branch0 = cnn.use @conv(%x) with(filters = 32)
  %branch1a = cnn.use @conv(%x) with(filters = 32)
  %branch1 = cnn.use @conv(%branch1a) with(filters = 32, kernel = 3, pad = 1)
  %branch2a = cnn.use @conv(%x) with(filters = 32)
  %branch2b = cnn.use @conv(%branch2a) with(filters = 48, kernel = 3, pad = 1)
  %branch2 = cnn.use @conv(%branch2b) with(filters = 64, kernel = 3, pad = 1)
  %concat = cnn.concat %branch0, %branch1, %branch2
  %expand = cnn.conv2d %concat filters(320) kernel(1)
  %bias = cnn.bias %expand
  %scale = cnn.scale %bias by(0.17)
  %sum = cnn.add %scale, %x
  %relu = cnn.relu %sum
  cnn.yield %relu
}

cnn.block @block17(%x) {
  %branch0 = cnn.use @conv(%x) with(filters = 192)
  %branch1a = cnn.use @conv(%x) with(filters = 128)
  %branch1 = cnn.use @factorised(%branch1a) with(middle = 160, filters = 192, n = 7)
  %concat = cnn.concat %branch0, %branch1
  %expand = cnn.conv2d %concat filters(1088) kernel(1)
  %bias = cnn.bias %expand
  %scale = cnn.scale %bias by(0.1)
  %sum = cnn.add %scale, %x
  %relu = cnn.relu %sum
  cnn.yield %relu
}

// The last one neither scales its branch nor ends in a relu.
cnn.block @block8(%x) params(last = 0) {
  %branch0 = cnn.use @conv(%x) with(filters = 192)
  %branch1a = cnn.use @conv(%x) with(filters = 192)
  %branch1 = cnn.use @factorised(%branch1a) with(middle = 224, filters = 256, n = 3)
  %concat = cnn.concat %branch0, %branch1
  %expand = cnn.conv2d %concat filters(2080) kernel(1)
  %bias = cnn.bias %expand
  %result = cnn.if(last) {
    %last_sum = cnn.add %bias, %x
    cnn.yield %last_sum
  } else {
    %scale = cnn.scale %bias by(0.2)
    %sum = cnn.add %scale, %x
    %relu = cnn.relu %sum
    cnn.yield %relu
  }
  cnn.yield %result
}

cnn.block @mixed_5b(%x) {
  %branch0 = cnn.use @conv(%x) with(filters = 96)
  %branch1a = cnn.use @conv(%x) with(filters = 48)
  %branch1 = cnn.use @conv(%branch1a) with(filters = 64, kernel = 5, pad = 2)
  %branch2a = cnn.use @conv(%x) with(filters = 64)
  %branch2 = cnn.use @conv(%branch2a) with(filters = 96, kernel = 3, pad = 1) repeat(2)
  %pool3 = cnn.avg_pool2d %x kernel(3) stride(1) pad(1)
  %branch3 = cnn.use @conv(%pool3) with(filters = 64)
  %concat = cnn.concat %branch0, %branch1, %branch2, %branch3
  cnn.yield %concat
}

cnn.block @mixed_6a(%x) {
  %branch0 = cnn.use @conv(%x) with(filters = 384, kernel = 3, stride = 2)
  %branch1a = cnn.use @conv(%x) with(filters = 256)
  %branch1b = cnn.use @conv(%branch1a) with(filters = 256, kernel = 3, pad = 1)
  %branch1 = cnn.use @conv(%branch1b) with(filters = 384, kernel = 3, stride = 2)
  %pool2 = cnn.max_pool2d %x kernel(3) stride(2)
  %concat = cnn.concat %branch0, %branch1, %pool2
  cnn.yield %concat
}

cnn.block @mixed_7a(%x) {
  %branch0a = cnn.use @conv(%x) with(filters = 256)
  %branch0 = cnn.use @conv(%branch0a) with(filters = 384, kernel = 3, stride = 2)
  %branch1a = cnn.use @conv(%x) with(filters = 256)
  %branch1 = cnn.use @conv(%branch1a) with(filters = 288, kernel = 3, stride = 2)
  %branch2a = cnn.use @conv(%x) with(filters = 256)
  %branch2b = cnn.use @conv(%branch2a) with(filters = 288, kernel = 3, pad = 1)
  %branch2 = cnn.use @conv(%branch2b) with(filters = 320, kernel = 3, stride = 2)
  %pool3 = cnn.max_pool2d %x kernel(3) stride(2)
  %concat = cnn.concat %branch0, %branch1, %branch2, %pool3
  cnn.yield %concat
}

cnn.model @inception_resnet_v2 {
  %image = cnn.input "image" as tensor<?x299x299x3xui8>
  %label = cnn.input "label" as tensor<?xi32>
  %0 = cnn.normalize %image mean(0.5, 0.5, 0.5) std(0.5, 0.5, 0.5)
  %conv1a = cnn.use @conv(%0) with(filters = 32, kernel = 3, stride = 2)
  %conv2a = cnn.use @conv(%conv1a) with(filters = 32, kernel = 3)
  %conv2b = cnn.use @conv(%conv2a) with(filters = 64, kernel = 3, pad = 1)
  %pool3a = cnn.max_pool2d %conv2b kernel(3) stride(2)
  %conv3b = cnn.use @conv(%pool3a) with(filters = 80)
  %conv4a = cnn.use @conv(%conv3b) with(filters = 192, kernel = 3)
  %pool5a = cnn.max_pool2d %conv4a kernel(3) stride(2)
  %mixed5b = cnn.use @mixed_5b(%pool5a)
  %block35 = cnn.use @block35(%mixed5b) repeat(10)
  %mixed6a = cnn.use @mixed_6a(%block35)
  %block17 = cnn.use @block17(%mixed6a) repeat(20)
  %mixed7a = cnn.use @mixed_7a(%block17)
  %block8 = cnn.use @block8(%mixed7a) repeat(9)
  %last = cnn.use @block8(%block8) with(last = 1)
  %conv7b = cnn.use @conv(%last) with(filters = 1536)
  %mean = cnn.global_avg_pool2d %conv7b
  %flat = cnn.flatten %mean
  %dropout = cnn.dropout %flat rate(0.2)
  %fc = cnn.dense %dropout units(1000)
  %logits = cnn.bias %fc
  %loss = cnn.softmax_cross_entropy %logits, %label smoothing(0.1)
  %top1 = cnn.accuracy %logits, %label
  cnn.loss %loss metrics(top1 = %top1)
}

cnn.recipe @inception_resnet_v2 batch(32) epochs(160)
  optimizer(sgd, learning_rate = 0.045, momentum = 0.9, weight_decay = 4e-5, reference_batch = 32)
  schedule(cosine, warmup_epochs = 5) augment(resized_crop = true, flip = true)
